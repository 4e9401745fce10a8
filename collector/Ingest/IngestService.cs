using System.Security.Cryptography.X509Certificates;
using System.Threading.RateLimiting;
using Google.Protobuf.WellKnownTypes;
using Tallyman.Collector.Grpc;
using Tallyman.Collector.Store;
using Tallyman.Grpc;
using Tallyman.Rendering;
using Tallyman.V1;

namespace Tallyman.Collector.Ingest;

/// <summary>
/// The collector's side of <c>tallyman.v1.Ingest</c>: every record is stored, then acknowledged. A stream is read no faster
/// than what it brings is stored, so that each agent has at most one batch in here, and waits for nobody's but the disk.
/// </summary>
internal sealed partial class IngestService(
    StoreQueue queue, Fleet fleet, FindingLog findings, CollectorCounters counters, TimeProvider time, Random random, ILogger<IngestService> logger)
{
    /// <summary>What an agent may have sent without an acknowledgement, in bytes.</summary>
    private const ulong MaxInflightBytes = 4 * 1024 * 1024;

    private const int MostCounters = 256;

    /// <summary>How long a peer may take for what it has begun.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>How long what was under way is still taken from an agent that is sent away.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    /// <summary>From then on the agent is told that it is the collector that is slow.</summary>
    private static readonly TimeSpan Behind = TimeSpan.FromSeconds(1);

    public async Task StreamAsync(GrpcServerCall<AgentFrame, CollectorFrame> call)
    {
        Hello hello = HelloCheck.Read(await call.ReadAsync(Patience, StoreQueue.ShortFrame));
        CheckIdentity(call, hello);
        Claimed claimed = await ClaimAsync(call, hello);
        ulong resume = Math.Max(1, claimed.NextSequence);
        NoteRewind(hello, claimed);

        var place = new StreamPlace(hello.AgentId, hello.Epoch, claimed.Generation);
        var stream = new AgentStream(place, BatchReader.Column(hello.Host?.Name ?? ""), BatchReader.Column(hello.Version), LeaveAt(call), time);
        fleet.Enter(stream);
        counters.Add(Counted.Streams);
        LogAgentIsHere(logger, SafeText.Escape(hello.AgentId), call.Peer, resume);
        try
        {
            await call.WriteAsync(new CollectorFrame
            {
                Welcome = new Welcome { ResumeSeq = resume, MaxInflightBytes = MaxInflightBytes, ServerTime = Timestamp.FromDateTimeOffset(time.GetUtcNow()) },
            });
            await TakeAsync(call, stream, resume);
        }
        catch (GrpcException e) when (e.Status.Code is not StatusCode.Unavailable and not StatusCode.Aborted)
        {
            counters.Add(Counted.FramesRefused);
            string kind = e.Status.Code == StatusCode.FailedPrecondition ? FindingKind.SequenceHole : FindingKind.ProtocolError;
            findings.Add(hello.AgentId, kind, e.Status.ToString());
            throw;
        }
        finally
        {
            stream.IsOpen = false;
        }

        LogAgentIsGone(logger, SafeText.Escape(hello.AgentId), call.Peer);
    }

    /// <summary>Where a certificate says who the agent is, it cannot be another.</summary>
    private void CheckIdentity(GrpcServerCall<AgentFrame, CollectorFrame> call, Hello hello)
    {
        if (call.Certificate is not X509Certificate2 certificate)
        {
            return;
        }

        IReadOnlyList<string> names = AgentNames.In(certificate);
        if (!AgentNames.Include(names, hello.AgentId))
        {
            string speaksFor = names.Count == 0 ? "nobody" : BatchReader.Column(names[0]);
            findings.Add(speaksFor, FindingKind.ForeignAgentId, $"{call.Peer} says that it is {hello.AgentId}");
            throw new GrpcException(StatusCode.PermissionDenied, $"the certificate speaks for {speaksFor}, not for {hello.AgentId}");
        }
    }

    private async Task<Claimed> ClaimAsync(GrpcServerCall<AgentFrame, CollectorFrame> call, Hello hello)
    {
        try
        {
            return await queue.ClaimAsync(new Claim(hello.AgentId, hello.Epoch)).WaitAsync(call.Cancel);
        }
        catch (StoreException e) when (e.MayPass)
        {
            throw new GrpcException(StatusCode.Unavailable, "the store of this collector is away");
        }
    }

    /// <summary>The agent knows less than what it has sent: its disk was set back, or another agent has its id.</summary>
    private void NoteRewind(Hello hello, Claimed claimed)
    {
        if (claimed.NextSequence > hello.NextSeq)
        {
            findings.Add(hello.AgentId, FindingKind.SequenceRewound, $"the agent is at record {hello.NextSeq}, stored are those before {claimed.NextSequence}");
        }
    }

    private async Task TakeAsync(GrpcServerCall<AgentFrame, CollectorFrame> call, AgentStream stream, ulong expected)
    {
        bool isSentAway = false;
        while (true)
        {
            Task<int?> header = call.ReadLengthAsync();
            if (!isSentAway && await Task.WhenAny(header, stream.Leave) != header)
            {
                isSentAway = true;
                counters.Add(Counted.GoAwaySent);
                await call.WriteAsync(new CollectorFrame { GoAway = await stream.Leave });
            }

            if (await (isSentAway ? EndingAsync(header, stream) : header) is not int length)
            {
                return;
            }

            using RateLimitLease? room = await RoomAsync(call, stream, length);
            AgentFrame frame = await call.ReadBodyAsync(length, Patience);
            switch (frame.FrameCase)
            {
                case AgentFrame.FrameOneofCase.Batch:
                    expected = await StoreAsync(call, stream, frame.Batch, expected, room);
                    stream.Heard();
                    break;
                case AgentFrame.FrameOneofCase.Heartbeat:
                    stream.Heard(CountersOf(frame.Heartbeat));
                    break;
                default:
                    throw new GrpcException(StatusCode.InvalidArgument, $"a frame must be a Batch or a Heartbeat here, is {frame.FrameCase}");
            }
        }
    }

    /// <summary>The next header of an agent that has been sent away, if it comes soon.</summary>
    private async Task<int?> EndingAsync(Task<int?> header, AgentStream stream)
    {
        string reason = (await stream.Leave).Reason;
        try
        {
            int? length = await header.WaitAsync(Farewell, time);
            if (stream.IsSuperseded)
            {
                // A connection that is merely half open answers nothing: somebody is there.
                findings.Add(stream.Place.AgentId, FindingKind.AgentIdTwice, "two agents with this id have streams at the same time");
                throw new GrpcException(StatusCode.Aborted, reason);
            }

            return length;
        }
        catch (TimeoutException)
        {
            throw new GrpcException(StatusCode.Unavailable, reason);
        }
    }

    /// <summary>Room for a long frame before it is read; short ones need none.</summary>
    private async Task<RateLimitLease?> RoomAsync(GrpcServerCall<AgentFrame, CollectorFrame> call, AgentStream stream, int length)
    {
        if (length <= StoreQueue.ShortFrame)
        {
            return null;
        }

        Task<RateLimitLease> room = queue.RoomForAsync(length, call.Cancel);
        try
        {
            return await PatientlyAsync(call, stream, room);
        }
        catch
        {
            _ = GiveBackAsync(room); // it may have come at the moment when nobody wanted it any more
            throw;
        }
    }

    private static async Task GiveBackAsync(Task<RateLimitLease> room)
    {
        await room.ContinueWith(static _ => { }, TaskScheduler.Default);
        if (room.IsCompletedSuccessfully)
        {
            (await room).Dispose();
        }
    }

    private async Task<ulong> StoreAsync(GrpcServerCall<AgentFrame, CollectorFrame> call, AgentStream stream, Batch batch, ulong expected, RateLimitLease? room)
    {
        var refused = new List<Nack>();
        AgentBatch rows = BatchReader.Read(stream.Place, batch, expected, refused);
        foreach (Nack nack in refused)
        {
            await RefuseAsync(call, stream, nack);
        }

        if (!await StoreAsync(call, stream, rows))
        {
            Fleet.Supersede(stream);
            throw new GrpcException(StatusCode.Aborted, "another stream of this agent is newer");
        }

        room?.Dispose(); // not only when the agent has taken its answer
        await call.WriteAsync(new CollectorFrame { Ack = new Ack { UptoSeq = rows.NextSequence - 1 } });
        return rows.NextSequence;
    }

    /// <summary>Stores what the store takes: an agent must not wait for ever behind one record.</summary>
    /// <returns>Whether the stream is still the newest of its agent; if not, nothing more is stored.</returns>
    private async Task<bool> StoreAsync(GrpcServerCall<AgentFrame, CollectorFrame> call, AgentStream stream, AgentBatch rows)
    {
        try
        {
            bool isNewest = await PatientlyAsync(call, stream, queue.StoreAsync(rows));
            counters.Add(Counted.RecordsStored, isNewest ? rows.Count : 0);
            return isNewest;
        }
        catch (StoreException e) when (e.IsOfTheData && rows.Count > 0)
        {
            ulong middle = rows.Middle;
            if (rows.Count > 1)
            {
                return await StoreAsync(call, stream, rows.Before(middle)) && await StoreAsync(call, stream, rows.From(middle));
            }

            await RefuseAsync(call, stream, new Nack { Seq = middle, Detail = BatchReader.Column(e.Message) });
            return await StoreAsync(call, stream, rows.From(rows.NextSequence));
        }
    }

    /// <summary>Before the place of the record is acknowledged, so that no agent takes it for stored.</summary>
    private async Task RefuseAsync(GrpcServerCall<AgentFrame, CollectorFrame> call, AgentStream stream, Nack nack)
    {
        counters.Add(Counted.RecordsRefused);
        findings.Add(stream.Place.AgentId, FindingKind.RecordRefused, $"record {nack.Seq}: {nack.Detail}");
        await call.WriteAsync(new CollectorFrame { Nack = nack });
    }

    /// <summary>Waits as long as it takes, and tells the agent if that is long.</summary>
    private async Task<T> PatientlyAsync<T>(GrpcServerCall<AgentFrame, CollectorFrame> call, AgentStream stream, Task<T> task)
    {
        if (task.IsCompleted)
        {
            return await task;
        }

        stream.IsWaiting = true;
        try
        {
            if (await Task.WhenAny(task, Task.Delay(Behind, time, call.Cancel)) != task)
            {
                counters.Add(Counted.SlowSent);
                await call.WriteAsync(new CollectorFrame { Slow = new Slow { HoldMilliseconds = (uint)Patience.TotalMilliseconds } });
            }

            return await task.WaitAsync(call.Cancel);
        }
        finally
        {
            stream.IsWaiting = false;
        }
    }

    private static string CountersOf(Heartbeat heartbeat)
    {
        if (heartbeat.Counters.Count > MostCounters)
        {
            throw new GrpcException(StatusCode.InvalidArgument, $"a heartbeat may have {MostCounters} counters, has {heartbeat.Counters.Count}");
        }

        return CountersJson.Write(heartbeat.Counters
            .OrderBy(static counter => counter.Key, StringComparer.Ordinal)
            .Select(static counter => (BatchReader.Column(counter.Key), counter.Value)));
    }

    /// <summary>After half an hour to an hour; no later than its certificate ends.</summary>
    private DateTimeOffset LeaveAt(GrpcServerCall<AgentFrame, CollectorFrame> call)
    {
        lock (random)
        {
            DateTimeOffset byAge = time.GetUtcNow().AddMinutes(30 + (30 * random.NextDouble()));
            return call.Certificate is X509Certificate2 certificate && certificate.NotAfter.ToUniversalTime() < byAge ? certificate.NotAfter.ToUniversalTime() : byAge;
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Agent {AgentId} at {Peer} goes on with record {Sequence}")]
    private static partial void LogAgentIsHere(ILogger logger, string agentId, string peer, ulong sequence);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Agent {AgentId} at {Peer} has said goodbye")]
    private static partial void LogAgentIsGone(ILogger logger, string agentId, string peer);
}
