using System.Diagnostics;
using System.Net;
using Tallyman.Grpc;
using Tallyman.V1;

namespace Tallyman.Fleet;

/// <summary>
/// An agent as a collector sees it: keeps what is not acknowledged, comes back after a failure as real ones do, and remembers
/// what it was told.
/// </summary>
internal sealed class SimulatedAgent(SimulatedAlerts alerts, IReadOnlyList<Uri> collectors, IPAddress source, Random random, Statistics statistics, TimeProvider time)
{
    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan MostBackoff = TimeSpan.FromSeconds(60);

    private readonly ulong _epoch = (ulong)random.NextInt64(1, long.MaxValue);
    private readonly Stopwatch _sinceHeartbeat = new();
    private int _collector = random.Next(collectors.Count);
    private Task<CollectorFrame?>? _reading;

    public SimulatedAlerts Alerts => alerts;

    /// <summary>The last record that was handed to a stream, and the last that a collector says it has.</summary>
    public ulong Sent { get; private set; }

    public ulong Acknowledged { get; private set; }

    public bool IsConnected { get; private set; }

    /// <summary>How many streams it has had.</summary>
    public int Streams { get; private set; }

    /// <summary>Records that it is to send beyond those it has sent; a large number: batch after batch.</summary>
    public int BatchWanted { get; set; }

    public async Task RunAsync(CancellationToken stop)
    {
        // As after a rollout: not all in the same second.
        await DelayAsync(random.NextDouble() * statistics.ConnectWithin, stop);
        TimeSpan bound = TimeSpan.FromSeconds(0.5);
        while (!stop.IsCancellationRequested)
        {
            long start = Stopwatch.GetTimestamp();
            try
            {
                await StreamAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }

            IsConnected = false;
            _collector++;
            bound = Stopwatch.GetElapsedTime(start) > MostBackoff ? TimeSpan.FromSeconds(0.5) : TimeSpan.FromTicks(Math.Min(bound.Ticks * 2, MostBackoff.Ticks));
            await DelayAsync(bound.TotalSeconds * random.NextDouble(), stop);
        }
    }

    private async Task StreamAsync(CancellationToken stop)
    {
        using var channel = new GrpcChannel(collectors[_collector % collectors.Count], TimeSpan.FromSeconds(20), source: source);
        using GrpcCall<AgentFrame, CollectorFrame> call = channel.Open(IngestMethods.Stream, new GrpcCallOptions(time, stop));
        await call.WriteAsync(new AgentFrame
        {
            Hello = new Hello { AgentId = alerts.AgentId, Epoch = _epoch, FirstSeq = Acknowledged + 1, NextSeq = Sent + 1, Host = new Host { Name = alerts.AgentId }, Version = "fleet" },
        });
        if ((await call.ReadAsync())?.Welcome is not Welcome welcome)
        {
            return;
        }

        Acknowledged = welcome.ResumeSeq - 1;
        IsConnected = true;
        Streams++;
        _reading = null;
        _sinceHeartbeat.Reset();
        while (!stop.IsCancellationRequested)
        {
            if (!_sinceHeartbeat.IsRunning || _sinceHeartbeat.Elapsed > HeartbeatEvery)
            {
                _sinceHeartbeat.Restart();
                await call.WriteAsync(Heartbeat());
            }

            int count = Sent > Acknowledged ? (int)Math.Min(Sent - Acknowledged, 512) : BatchWanted;
            if (count == 0)
            {
                await DelayAsync(0.5 + random.NextDouble(), stop);
                if (call.Status is not null || await IsOverAsync(call))
                {
                    return;
                }
            }
            else if (!await SendAsync(call, count))
            {
                return;
            }
        }
    }

    private async Task<bool> SendAsync(GrpcCall<AgentFrame, CollectorFrame> call, int count)
    {
        var batch = new Batch { FirstSeq = Acknowledged + 1 };
        for (int i = 0; i < count; i++)
        {
            batch.Records.Add(alerts.Make(batch.FirstSeq + (ulong)i));
        }

        Sent = Math.Max(Sent, Acknowledged + (ulong)count);
        long start = Stopwatch.GetTimestamp();
        if (!await call.WriteAsync(new AgentFrame { Batch = batch }))
        {
            return false;
        }

        while (await NextAsync(call) is CollectorFrame frame)
        {
            switch (frame.FrameCase)
            {
                case CollectorFrame.FrameOneofCase.Ack:
                    statistics.Acknowledged((int)(frame.Ack.UptoSeq - Acknowledged), Stopwatch.GetElapsedTime(start));
                    Acknowledged = frame.Ack.UptoSeq;
                    return true;
                case CollectorFrame.FrameOneofCase.GoAway:
                    return false;
                case CollectorFrame.FrameOneofCase.Slow:
                    statistics.Slowed();
                    break;
                default:
                    throw new InvalidOperationException($"{alerts.AgentId} did nothing wrong and got {frame}");
            }
        }

        return false;
    }

    private async Task<CollectorFrame?> NextAsync(GrpcCall<AgentFrame, CollectorFrame> call)
    {
        Task<CollectorFrame?> reading = _reading ?? call.ReadAsync().AsTask();
        _reading = null;
        return await reading;
    }

    /// <summary>Whether an idle stream has ended, or is to.</summary>
    private async Task<bool> IsOverAsync(GrpcCall<AgentFrame, CollectorFrame> call)
    {
        _reading ??= call.ReadAsync().AsTask();
        return _reading.IsCompleted && await _reading is var frame && (frame is null || frame.GoAway is not null);
    }

    private AgentFrame Heartbeat()
    {
        var heartbeat = new Heartbeat { NextSeq = Sent + 1 };
        for (int i = 0; i < 40; i++)
        {
            heartbeat.Counters[$"counter_number_{i}"] = (ulong)i * Sent;
        }

        return new AgentFrame { Heartbeat = heartbeat };
    }

    private async Task DelayAsync(double seconds, CancellationToken stop) => await Task.Delay(TimeSpan.FromSeconds(seconds), time, stop);
}
