using Microsoft.Extensions.Logging;
using Tallyman.Agent.Status;
using Tallyman.Cli;
using Tallyman.V1;

namespace Tallyman.Agent.Spool;

/// <summary>
/// Records on their way to a collector: numbered without holes, kept on disk until acknowledged. Whoever appends never waits:
/// one thread writes what has gathered meanwhile, all of it in one commit. A record may be sent when it is on disk, or, while
/// the disk fails, from memory.
/// </summary>
internal sealed class RecordSpool : IDisposable
{
    private readonly Counters _counters;
    private readonly SpoolMemory _memory;
    private readonly SpoolWriter _writer;

    /// <exception cref="UserException">Another agent uses the directory.</exception>
    public RecordSpool(SpoolOptions options, Counters counters, Health health, TimeProvider time, ILogger<RecordSpool> logger)
    {
        _counters = counters;
        _memory = new SpoolMemory(options.MemoryBytes, time);
        _writer = new SpoolWriter(options, _memory, counters, health, time, logger);
    }

    public SpoolRange Range => _memory.Range;

    public SpoolStatus Status => _memory.Status;

    /// <summary>When the run before this one was last known to be alive, and whether it ended as it should; null if there was none.</summary>
    public (DateTimeOffset Alive, bool Clean)? PreviousRun => _writer.PreviousRun;

    /// <summary>Never waits for disk or network.</summary>
    /// <returns>The record's place in the sequence.</returns>
    public ulong Append(Record record)
    {
        var spooled = SpooledRecord.Of(0, record);
        ulong sequence = _memory.Append(spooled, out bool hasRoom);
        if (!hasRoom && spooled.IsAlert)
        {
            _counters.Add(Counter.LostSpoolWriteFailed);
        }

        return sequence;
    }

    /// <summary>Records from a sequence on, when there are some that may be sent. One reader at a time.</summary>
    /// <returns>Null if the epoch is over.</returns>
    public Task<SpoolBatch?> ReadAsync(ulong epoch, ulong from, int mostRecords, long mostBytes, CancellationToken cancel)
    {
        var request = new ReadRequest(epoch, from, mostRecords, mostBytes);
        _memory.Ask(request);
        return request.Answer.Task.WaitAsync(cancel);
    }

    /// <summary>A collector has stored everything up to this one, so that it need not be kept much longer.</summary>
    public void Acknowledge(ulong epoch, ulong upTo) => _memory.Acknowledge(epoch, upTo);

    /// <summary>A collector will never take this one.</summary>
    public void Reject(ulong epoch, ulong sequence, string reason) => _memory.Reject(epoch, sequence, reason);

    /// <summary>
    /// A collector knows records of this epoch that were never sent from here, as the disk was restored or has lost them: their
    /// names are taken, and what waits needs others.
    /// </summary>
    public void Renew(ulong epoch) => _memory.Renew(epoch);

    /// <summary>Writes what is in memory, if the disk lets it.</summary>
    public void Dispose()
    {
        _memory.Stop();
        _writer.Dispose();
    }
}
