using Google.Protobuf.WellKnownTypes;
using Tallyman.Collector.Grpc;
using Tallyman.Collector.Store;
using Tallyman.Grpc;
using Tallyman.Rendering;
using Tallyman.V1;

namespace Tallyman.Collector.Ingest;

/// <summary>The collector's side of <c>tallyman.v1.Ingest</c>: every record is stored, then acknowledged.</summary>
internal sealed partial class IngestService(SqliteStore store, TimeProvider time, ILogger<IngestService> logger)
{
    /// <summary>What an agent may have sent without an acknowledgement, in bytes.</summary>
    private const ulong MaxInflightBytes = 4 * 1024 * 1024;

    public async Task StreamAsync(GrpcServerCall<AgentFrame, CollectorFrame> call)
    {
        AgentFrame first = await call.ReadAsync()
            ?? throw new GrpcException(StatusCode.InvalidArgument, "the first frame must be a Hello, there is none");
        Hello hello = Check(first);
        ulong next = await store.NextSequenceAsync(hello.AgentId, hello.Epoch);
        ulong resume = Math.Clamp(next, hello.FirstSeq, hello.NextSeq);
        LogAgentIsHere(logger, SafeText.Escape(hello.AgentId), call.Peer, resume);
        await call.WriteAsync(new CollectorFrame
        {
            Welcome = new Welcome { ResumeSeq = resume, MaxInflightBytes = MaxInflightBytes, ServerTime = Now() },
        });

        ulong expected = resume;
        while (await call.ReadAsync() is AgentFrame frame)
        {
            switch (frame.FrameCase)
            {
                case AgentFrame.FrameOneofCase.Batch:
                    await StoreAsync(call, hello, frame.Batch, expected);
                    expected = frame.Batch.FirstSeq + (ulong)frame.Batch.Records.Count;
                    break;
                case AgentFrame.FrameOneofCase.Heartbeat:
                    await store.StoreHeartbeatAsync(hello.AgentId, hello.Host?.Name ?? "", hello.Version, frame.Heartbeat);
                    break;
                default:
                    throw new GrpcException(StatusCode.InvalidArgument, $"a frame must be a Batch or a Heartbeat here, is {frame.FrameCase}");
            }
        }

        LogAgentIsGone(logger, SafeText.Escape(hello.AgentId), call.Peer);
    }

    private static Hello Check(AgentFrame frame)
    {
        if (frame.Hello is not Hello hello)
        {
            throw new GrpcException(StatusCode.InvalidArgument, $"the first frame must be a Hello, is {frame.FrameCase}");
        }

        if (hello.AgentId.Length is 0 or > 128)
        {
            throw new GrpcException(StatusCode.InvalidArgument, $"agent_id must have 1 to 128 characters, has {hello.AgentId.Length}");
        }

        if (hello.FirstSeq < 1 || hello.NextSeq < hello.FirstSeq || hello.NextSeq > long.MaxValue)
        {
            throw new GrpcException(
                StatusCode.InvalidArgument, $"first_seq must be 1 or more and next_seq no less, are {hello.FirstSeq} and {hello.NextSeq}");
        }

        return hello;
    }

    private async Task StoreAsync(GrpcServerCall<AgentFrame, CollectorFrame> call, Hello hello, Batch batch, ulong expected)
    {
        if (batch.FirstSeq != expected)
        {
            throw new GrpcException(StatusCode.FailedPrecondition, $"the batch must begin with record {expected}, begins with {batch.FirstSeq}");
        }

        if (batch.Records.Count == 0)
        {
            throw new GrpcException(StatusCode.InvalidArgument, "a batch must have records, has none");
        }

        var sound = new List<Record>(batch.Records.Count);
        var refused = new List<Nack>();
        for (int i = 0; i < batch.Records.Count; i++)
        {
            // A refused record keeps its place, empty, so that the sequence stays dense.
            string? flaw = RecordCheck.FlawOf(batch.Records[i]);
            sound.Add(flaw is null ? batch.Records[i] : new Record());
            if (flaw is not null)
            {
                refused.Add(new Nack { Seq = batch.FirstSeq + (ulong)i, Detail = flaw });
            }
        }

        var stored = new AgentBatch(hello.AgentId, hello.Epoch, batch.FirstSeq, sound);
        await store.StoreAsync(stored);
        foreach (Nack nack in refused)
        {
            LogRefusedRecord(logger, SafeText.Escape(hello.AgentId), nack.Seq, SafeText.Escape(nack.Detail));
            await call.WriteAsync(new CollectorFrame { Nack = nack });
        }

        await call.WriteAsync(new CollectorFrame { Ack = new Ack { UptoSeq = stored.NextSequence - 1 } });
    }

    private Timestamp Now() => Timestamp.FromDateTimeOffset(time.GetUtcNow());

    [LoggerMessage(Level = LogLevel.Information, Message = "Agent {AgentId} at {Peer} goes on with record {Sequence}")]
    private static partial void LogAgentIsHere(ILogger logger, string agentId, string peer, ulong sequence);

    [LoggerMessage(Level = LogLevel.Information, Message = "Agent {AgentId} at {Peer} has said goodbye")]
    private static partial void LogAgentIsGone(ILogger logger, string agentId, string peer);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Agent {AgentId} sends record {Sequence}, which cannot be stored: {Flaw}")]
    private static partial void LogRefusedRecord(ILogger logger, string agentId, ulong sequence, string flaw);
}
