using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using Tallyman.Agent.Native;
using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;
using Tallyman.Grpc;
using Tallyman.Rendering;
using Tallyman.V1;

namespace Tallyman.Agent.Delivery;

/// <summary>Opens streams; holds what they share.</summary>
internal sealed class IngestStreamFactory(RecordSpool spool, StatusReport report, DeliveryStatus delivery, TimeProvider time, ILogger<IngestStream> logger)
{
    public IngestStream Open(GrpcChannel channel, Hello hello, CancellationToken cancel) =>
        new(channel.Open(IngestMethods.Stream, new GrpcCallOptions(time, cancel)), hello, spool, report, delivery, time, logger);
}

/// <summary>One stream to a collector: greets, sends batches and heartbeats, takes acknowledgements, until one side has enough.</summary>
internal sealed partial class IngestStream(
    GrpcCall<AgentFrame, CollectorFrame> call, Hello hello, RecordSpool spool, StatusReport report, DeliveryStatus delivery, TimeProvider time, ILogger logger)
    : IDisposable
{
    private const int MostRecords = 512;
    private const long MostBytes = 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(20);

    private readonly Pace _pace = new(time);
    private readonly AckLatency _latency = new(delivery.Latency, time);
    private readonly CancellationTokenSource _over = new();
    private readonly CancellationTokenSource _leaving = new();
    private InflightWindow _window = new(0);
    private GrpcStatus? _protest;

    /// <summary>The collector has greeted.</summary>
    public bool WasWelcome { get; private set; }

    /// <summary>The collector wants to be left, and to be asked again within this time.</summary>
    public TimeSpan? ReconnectWithin { get; private set; }

    /// <returns>How the stream ended; OK when everything was delivered after <paramref name="stopping"/>, or the collector wanted to be left.</returns>
    public async Task<GrpcStatus> RunAsync(CancellationToken stopping)
    {
        SpoolRange range = spool.Range;
        (hello.Epoch, hello.FirstSeq, hello.NextSeq) = (range.Epoch, range.First, range.Next);
        await call.WriteAsync(new AgentFrame { Hello = hello });
        Task<CollectorFrame?> answer = call.ReadAsync().AsTask();
        if (await Task.WhenAny(answer, Task.Delay(Patience, time, CancellationToken.None)) != answer)
        {
            return new GrpcStatus(StatusCode.DeadlineExceeded, $"the collector does not answer a Hello within {Patience.TotalSeconds} s");
        }

        if ((await answer)?.Welcome is not Welcome welcome)
        {
            return EndOf("the collector does not begin with a Welcome");
        }

        ulong resume = Math.Max(1, welcome.ResumeSeq);
        if (resume > range.Sent + 1)
        {
            spool.Renew(range.Epoch);
            return new GrpcStatus(StatusCode.OutOfRange, $"the collector has record {resume - 1} of this epoch, sent are those up to {range.Sent}: a new epoch begins");
        }

        WasWelcome = true;
        delivery.Welcome();
        report.Health[Ailment.CollectorAway] = null;
        report.Health[Ailment.CollectorRefuses] = null;
        LogConnected(logger, resume);
        spool.Acknowledge(range.Epoch, resume - 1);
        _window = new InflightWindow(welcome.MaxInflightBytes);

        Task reading = ReadAsync(range.Epoch);
        await SendAsync(range.Epoch, resume, stopping);
        call.Complete();
        if (await Task.WhenAny(reading, Task.Delay(Patience, time, CancellationToken.None)) != reading)
        {
            return new GrpcStatus(StatusCode.DeadlineExceeded, $"the collector does not end the stream within {Patience.TotalSeconds} s");
        }

        return EndOf("");
    }

    public void Dispose()
    {
        call.Dispose();
        _over.Dispose();
        _leaving.Dispose();
    }

    /// <summary>Sends until told to stop and everything is sent, or the stream is over.</summary>
    private async Task SendAsync(ulong epoch, ulong next, CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, _leaving.Token, _over.Token);
        Task<SpoolBatch?>? reading = null;
        SpoolBatch? batch = null;
        long lastHeartbeat = 0;
        while (!_over.IsCancellationRequested && !_leaving.IsCancellationRequested)
        {
            if (lastHeartbeat == 0 || time.GetElapsedTime(lastHeartbeat) >= HeartbeatEvery)
            {
                lastHeartbeat = time.GetTimestamp();
                await SendHeartbeatAsync(next);
            }

            if (batch is null)
            {
                if (stopping.IsCancellationRequested && next >= spool.Range.Next)
                {
                    await SendHeartbeatAsync(next);
                    return;
                }

                reading ??= spool.ReadAsync(epoch, next, MostRecords, MostBytes, _over.Token);
                await Task.WhenAny(reading, Pause());
                if (reading.IsCompleted)
                {
                    batch = reading.IsCompletedSuccessfully ? await reading : null;
                    reading = null;
                    if (batch is null)
                    {
                        return; // another epoch has begun
                    }
                }
            }
            else if (!_window.HasRoomFor(batch.Bytes))
            {
                Task changed = _window.Changed;
                await (_window.HasRoomFor(batch.Bytes) ? Task.CompletedTask : Task.WhenAny(changed, Pause()));
            }
            else if (_pace.Wait() is var wait && wait > TimeSpan.Zero)
            {
                await Task.WhenAny(Task.Delay(wait, time, _over.Token), Pause());
            }
            else
            {
                _window.Add(batch.Next - 1, batch.Bytes);
                _latency.Sent(batch.First, batch.Records);
                _pace.Sent(batch.Bytes);
                var frame = new AgentFrame { Batch = new Batch { FirstSeq = batch.First } };
                frame.Batch.Records.AddRange(batch.Records);
                if (!await call.WriteAsync(frame))
                {
                    return;
                }

                next = batch.Next;
                batch = null;
            }
        }

        // Until the next heartbeat, or until the agent is told to stop.
        Task Pause() => Task.Delay(
            TimeSpan.FromMilliseconds(Math.Max(1, (HeartbeatEvery - time.GetElapsedTime(lastHeartbeat)).TotalMilliseconds)),
            time,
            stopping.IsCancellationRequested ? _over.Token : either.Token);
    }

    private async Task SendHeartbeatAsync(ulong next)
    {
        SpoolRange range = spool.Range;
        SpoolStatus status = spool.Status;
        var heartbeat = new Heartbeat
        {
            NextSeq = next,
            Time = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
            BoottimeNanoseconds = BootTime.Nanoseconds(),
            Backlog = new Backlog
            {
                FirstSeq = range.First,
                AcknowledgedSeq = range.Acknowledged,
                Records = (ulong)status.Records,
                Bytes = (ulong)status.Bytes,
                Size = (ulong)status.Size,
                RecordsInMemory = (ulong)status.InMemory,
            },
        };
        heartbeat.Ailments.AddRange(report.Health.Ailments());
        foreach ((string name, ulong count) in report.Counters())
        {
            heartbeat.Counters[name] = count;
        }

        await call.WriteAsync(new AgentFrame { Heartbeat = heartbeat });
    }

    private async Task ReadAsync(ulong epoch)
    {
        while (_protest is null && await call.ReadAsync() is CollectorFrame frame)
        {
            switch (frame.FrameCase)
            {
                case CollectorFrame.FrameOneofCase.Ack when _window.TryAcknowledge(frame.Ack.UptoSeq):
                    spool.Acknowledge(epoch, frame.Ack.UptoSeq);
                    delivery.Acknowledged();
                    _latency.Acknowledged(frame.Ack.UptoSeq);
                    break;
                case CollectorFrame.FrameOneofCase.Ack:
                    _protest = new GrpcStatus(StatusCode.OutOfRange, $"the collector acknowledges record {frame.Ack.UptoSeq}, sent are those up to {_window.SentUpTo}");
                    break;
                case CollectorFrame.FrameOneofCase.Nack when frame.Nack.Seq > _window.SentUpTo:
                    _protest = new GrpcStatus(StatusCode.OutOfRange, $"the collector refuses record {frame.Nack.Seq}, sent are those up to {_window.SentUpTo}");
                    break;
                case CollectorFrame.FrameOneofCase.Nack:
                    spool.Reject(epoch, frame.Nack.Seq, frame.Nack.Detail);
                    LogRefused(logger, frame.Nack.Seq, SafeText.Escape(frame.Nack.Detail));
                    break;
                case CollectorFrame.FrameOneofCase.Slow:
                    _pace.Set(frame.Slow.BytesPerSecond, TimeSpan.FromMilliseconds(frame.Slow.HoldMilliseconds));
                    break;
                case CollectorFrame.FrameOneofCase.GoAway:
                    ReconnectWithin = TimeSpan.FromMilliseconds(frame.GoAway.ReconnectAfterMilliseconds);
                    LogGoAway(logger, SafeText.Escape(frame.GoAway.Reason));
                    await _leaving.CancelAsync();
                    break;
            }
        }

        await _over.CancelAsync();
    }

    private GrpcStatus EndOf(string otherwise) => _protest ?? call.Status ?? new GrpcStatus(StatusCode.Internal, otherwise);

    [LoggerMessage(Level = LogLevel.Information, Message = "Connected to the collector, going on with record {Sequence}")]
    private static partial void LogConnected(ILogger logger, ulong sequence);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The collector refuses record {Sequence} for good: {Reason}")]
    private static partial void LogRefused(ILogger logger, ulong sequence, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The collector wants to be left: {Reason}")]
    private static partial void LogGoAway(ILogger logger, string reason);
}
