using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;
using Tallyman.Grpc;
using Tallyman.V1;

namespace Tallyman.Agent.Delivery;

/// <summary>Opens streams; holds what they share.</summary>
internal sealed class IngestStreamFactory(MemorySpool spool, Counters counters, StatusReport report, TimeProvider time, ILogger<IngestStream> logger)
{
    public IngestStream Open(GrpcChannel channel, Hello hello, CancellationToken cancel) =>
        new(channel.Open(IngestMethods.Stream, new GrpcCallOptions(time, cancel)), hello, spool, counters, report, time, logger);
}

/// <summary>One stream to a collector: greets, sends batches and heartbeats, takes acknowledgements, until one side has enough.</summary>
internal sealed partial class IngestStream(
    GrpcCall<AgentFrame, CollectorFrame> call,
    Hello hello,
    MemorySpool spool,
    Counters counters,
    StatusReport report,
    TimeProvider time,
    ILogger logger)
    : IDisposable
{
    private const int MostRecords = 512;
    private const long MostBytes = 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(20);

    private readonly SemaphoreSlim _acknowledged = new(0);
    private ulong _sentUpTo;
    private ulong _acknowledgedUpTo;
    private GrpcStatus? _protest;

    /// <returns>How the stream ended; OK when everything was delivered after <paramref name="stopping"/>.</returns>
    public async Task<GrpcStatus> RunAsync(CancellationToken stopping)
    {
        (hello.FirstSeq, hello.NextSeq) = spool.Range;
        await call.WriteAsync(new AgentFrame { Hello = hello });
        Task<CollectorFrame?> answer = call.ReadAsync().AsTask();
        if (await Task.WhenAny(answer, Task.Delay(Patience, time, stopping)) != answer)
        {
            return new GrpcStatus(StatusCode.DeadlineExceeded, $"the collector does not answer a Hello within {Patience.TotalSeconds} s");
        }

        if ((await answer)?.Welcome is not Welcome welcome)
        {
            return EndOf("the collector does not begin with a Welcome");
        }

        if (welcome.ResumeSeq < hello.FirstSeq || welcome.ResumeSeq > hello.NextSeq)
        {
            return new GrpcStatus(StatusCode.OutOfRange, $"the collector wants record {welcome.ResumeSeq}, here are {hello.FirstSeq} to {hello.NextSeq - 1}");
        }

        LogConnected(logger, welcome.ResumeSeq);
        _sentUpTo = _acknowledgedUpTo = welcome.ResumeSeq - 1;
        spool.Acknowledge(_acknowledgedUpTo);

        using var ended = new CancellationTokenSource();
        Task reading = ReadAsync(ended);
        await SendAsync(welcome.ResumeSeq, stopping, ended.Token);
        call.Complete();
        await reading;
        return EndOf("");
    }

    public void Dispose()
    {
        call.Dispose();
        _acknowledged.Dispose();
    }

    /// <summary>Sends until told to stop and everything is acknowledged, or the stream is over.</summary>
    private async Task SendAsync(ulong next, CancellationToken stopping, CancellationToken ended)
    {
        using var wake = CancellationTokenSource.CreateLinkedTokenSource(stopping, ended);
        long lastHeartbeat = 0;
        while (!ended.IsCancellationRequested)
        {
            if (lastHeartbeat == 0 || time.GetElapsedTime(lastHeartbeat) >= HeartbeatEvery)
            {
                lastHeartbeat = time.GetTimestamp();
                await SendHeartbeatAsync(next);
            }

            (ulong first, IReadOnlyList<Record> records) = spool.Read(next, MostRecords, MostBytes);
            if (records.Count > 0)
            {
                var batch = new Batch { FirstSeq = first };
                batch.Records.AddRange(records);
                Volatile.Write(ref _sentUpTo, first + (ulong)records.Count - 1);
                if (!await call.WriteAsync(new AgentFrame { Batch = batch }))
                {
                    return;
                }

                next = first + (ulong)records.Count;
                await AcknowledgedAsync(next - 1, ended);
            }
            else if (stopping.IsCancellationRequested)
            {
                await SendHeartbeatAsync(next);
                return;
            }
            else
            {
                await Task.WhenAny(
                    spool.WaitForAsync(next, wake.Token),
                    Task.Delay(HeartbeatEvery - time.GetElapsedTime(lastHeartbeat), time, wake.Token));
            }
        }
    }

    private async Task AcknowledgedAsync(ulong upTo, CancellationToken ended)
    {
        while (Volatile.Read(ref _acknowledgedUpTo) < upTo && !ended.IsCancellationRequested)
        {
            await _acknowledged.WaitAsync(ended).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    private async Task SendHeartbeatAsync(ulong next)
    {
        var heartbeat = new Heartbeat { NextSeq = next, Time = Timestamp.FromDateTimeOffset(time.GetUtcNow()) };
        foreach ((string name, ulong count) in report.Counters())
        {
            heartbeat.Counters[name] = count;
        }

        await call.WriteAsync(new AgentFrame { Heartbeat = heartbeat });
    }

    private async Task ReadAsync(CancellationTokenSource ended)
    {
        while (await call.ReadAsync() is CollectorFrame frame)
        {
            switch (frame.FrameCase)
            {
                case CollectorFrame.FrameOneofCase.Ack when frame.Ack.UptoSeq > Volatile.Read(ref _sentUpTo):
                    _protest = new GrpcStatus(StatusCode.OutOfRange, $"the collector acknowledges record {frame.Ack.UptoSeq}, sent are those up to {_sentUpTo}");
                    await ended.CancelAsync();
                    return;
                case CollectorFrame.FrameOneofCase.Ack:
                    spool.Acknowledge(frame.Ack.UptoSeq);
                    Volatile.Write(ref _acknowledgedUpTo, frame.Ack.UptoSeq);
                    _acknowledged.Release();
                    break;
                case CollectorFrame.FrameOneofCase.Nack:
                    counters.Add(Counter.LostNacked);
                    LogRefused(logger, frame.Nack.Seq, Rendering.SafeText.Escape(frame.Nack.Detail));
                    break;
                case CollectorFrame.FrameOneofCase.GoAway:
                    await ended.CancelAsync();
                    break;
            }
        }

        await ended.CancelAsync();
    }

    private GrpcStatus EndOf(string otherwise) => _protest ?? call.Status ?? new GrpcStatus(StatusCode.Internal, otherwise);

    [LoggerMessage(Level = LogLevel.Information, Message = "Connected to the collector, going on with record {Sequence}")]
    private static partial void LogConnected(ILogger logger, ulong sequence);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The collector refuses record {Sequence} for good: {Reason}")]
    private static partial void LogRefused(ILogger logger, ulong sequence, string reason);
}
