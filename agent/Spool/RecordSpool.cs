using Microsoft.Extensions.Logging;
using Tallyman.Agent.Status;
using Tallyman.Cli;
using Tallyman.V1;

namespace Tallyman.Agent.Spool;

/// <summary>
/// Records on their way to a collector: numbered without holes, kept on disk until acknowledged. Whoever appends never waits:
/// one thread writes what has gathered meanwhile, all of it in one commit. A record may be sent when it is on disk, or, while
/// the disk fails, from memory. Nothing that is found on disk and no failure of it ends the agent.
/// </summary>
internal sealed partial class RecordSpool : IDisposable
{
    private static readonly TimeSpan SayAlive = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(10);

    private readonly SpoolOptions _options;
    private readonly Counters _counters;
    private readonly Health _health;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SpoolDirectory _directory;
    private readonly SpoolMemory _memory;
    private readonly Thread _writing;

    // Of the writing thread.
    private readonly Queue<(ulong Place, long Time, long Bytes)> _kept = [];
    private SpoolFile? _file;
    private Eviction? _eviction;
    private ulong _fileEpoch;
    private long _failedAt;

    /// <exception cref="UserException">Another agent uses the directory.</exception>
    public RecordSpool(SpoolOptions options, Counters counters, Health health, TimeProvider time, ILogger<RecordSpool> logger)
    {
        _options = options;
        _counters = counters;
        _health = health;
        _time = time;
        _logger = logger;
        _directory = new SpoolDirectory(options.Directory, options.Size, time);
        _memory = new SpoolMemory(options.MemoryBytes, time);
        Try(Open);
        _writing = new Thread(Write) { Name = "spool", IsBackground = true };
        _writing.Start();
    }

    public SpoolRange Range => _memory.Range;

    public SpoolStatus Status => _memory.Status;

    /// <summary>When the run before this one was last known to be alive, and whether it ended as it should; null if there was none.</summary>
    public (DateTimeOffset Alive, bool Clean)? PreviousRun { get; private set; }

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
        bool ended = _writing.Join(Farewell);
        if (!ended || Status.InMemory > 0)
        {
            LogLost(_logger, Status.InMemory, _options.Directory);
        }

        _directory.Dispose();
    }

    private void Write()
    {
        while (_memory.WaitForWork(_failedAt == 0 ? _file?.State : null, Patience()))
        {
            if (_failedAt == 0 || _time.GetElapsedTime(_failedAt) >= _options.RetryEvery)
            {
                Try(() =>
                {
                    if (_file is null)
                    {
                        Open();
                    }

                    TakeTurn();
                });
            }

            if (_failedAt != 0)
            {
                AnswerInNeed();
            }
        }

        if (_failedAt == 0)
        {
            Try(() => _file!.Commit(() => _file.Save(_file.State with { Alive = _time.GetUtcNow(), Clean = true })));
        }

        _file?.Dispose();
    }

    private TimeSpan Patience()
    {
        TimeSpan patience = _failedAt == 0
            ? _kept.TryPeek(out var oldest) ? _options.KeepFor - _time.GetElapsedTime(oldest.Time) : SayAlive
            : _options.RetryEvery - _time.GetElapsedTime(_failedAt);
        return TimeSpan.FromMilliseconds(Math.Clamp(patience.TotalMilliseconds, 1, SayAlive.TotalMilliseconds));
    }

    private void Open()
    {
        SpoolFile file = _directory.Open(out string? loss);
        SpoolStatus waited = _memory.OnDisk;
        bool isFirst = _fileEpoch == 0;
        bool isSame = _memory.Adopt(file, file.State.Epoch == _fileEpoch);
        DateTimeOffset now = _time.GetUtcNow();
        if (loss is not null)
        {
            LogCorrupt(_logger, _directory.FilePath, loss, _directory.QuarantinePath);
        }

        if (loss is not null || (!isSame && waited.Records > 0))
        {
            _counters.Add(Counter.LostSpoolCorrupt, (ulong)waited.Alerts);
            Append(new Record { Gap = Gaps.Of(Gaps.Corrupt, (ulong)waited.Records, now, now, isExact: false) });
        }

        if (isFirst && !file.IsNew)
        {
            PreviousRun = (file.State.Alive, file.State.Clean);
            Append(new Record { Gap = Gaps.Of(Gaps.Restart, 0, file.State.Alive, now, isExact: false) });
        }

        if (!isSame)
        {
            _counters.Add(Counter.AlertsCarriedOver, (ulong)_memory.OnDisk.Alerts);
        }

        _fileEpoch = file.State.Epoch;
        Use(file);
        file.Commit(() => file.Save(file.State with { Alive = now, Clean = false, Size = _options.Size }));
    }

    /// <summary>Forgets what was known of the file before.</summary>
    private void Use(SpoolFile file)
    {
        (_file, _eviction) = (file, new Eviction(file, _time));
        _kept.Clear();
        if (file.First <= file.State.Acknowledged)
        {
            _kept.Enqueue((file.State.Acknowledged, _time.GetTimestamp(), file.KeptBytes));
        }
    }

    /// <summary>One commit: what was acknowledged goes, what has gathered comes, and what is to be sent is marked so.</summary>
    private void TakeTurn()
    {
        SpoolFile file = _file!;
        if (_directory.IsGone)
        {
            file.Dispose();
            _file = null;
            Open();
            return;
        }

        SpoolWork work = _memory.Gather();
        DateTimeOffset now = _time.GetUtcNow();
        (long Records, long Alerts, long Bytes) acknowledged = default;
        (long evicted, long buried) = (0, 0);
        SpoolBatch? batch = null;
        file.Commit(() =>
        {
            SpoolState before = file.State;
            SpoolState target = work.Target;
            buried = work.Refused.Count(refused => file.Bury(refused.Place, refused.Reason));
            acknowledged = file.Acknowledge(target.Acknowledged);
            file.Save(file.State with { Epoch = target.Epoch, Origin = target.Origin, Sent = Math.Min(target.Sent, file.State.Next - 1) });
            Forget(file, acknowledged.Bytes);
            evicted = _eviction!.MakeRoom(CostOf(work.Records), CostOf(work.Records.Where(static record => record.Rank == Rank.Low)));
            work.Records.ForEach(file.Append);
            batch = work.Request?.Epoch == target.Epoch ? work.Request.BatchOf(file.Read, file.State, now) : null;
            ulong sent = batch is null ? target.Sent : Math.Max(target.Sent, file.State.PlaceOf(batch.Next) - 1);
            file.Save(file.State with { Sent = Math.Min(sent, file.State.Next - 1) });
            if (file.State != before || (now - before.Alive).Duration() >= SayAlive)
            {
                file.Save(file.State with { Alive = now });
            }
        });
        _fileEpoch = file.State.Epoch;
        (long fromMemory, long alertsFromMemory) = _memory.Written(work, file);
        _counters.Add(Counter.Acknowledged, (ulong)(acknowledged.Records + fromMemory));
        _counters.Add(Counter.AcknowledgedAlerts, (ulong)(acknowledged.Alerts + alertsFromMemory));
        _counters.Add(Counter.LostSpoolEvicted, (ulong)evicted);
        _counters.Add(Counter.LostNacked, (ulong)buried);
        if (work.Request is ReadRequest request && (batch is not null || request.Epoch != file.State.Epoch))
        {
            _memory.Answer(request, batch);
        }
    }

    private static long CostOf(IEnumerable<SpooledRecord> records) => records.Sum(static record => record.Cost);

    /// <summary>Acknowledged records stay for a while.</summary>
    private void Forget(SpoolFile file, long acknowledged)
    {
        if (acknowledged > 0)
        {
            _kept.Enqueue((file.State.Acknowledged, _time.GetTimestamp(), acknowledged));
        }

        while (_kept.TryPeek(out var oldest)
            && (file.KeptBytes > _options.KeepBytes || oldest.Place <= file.State.Origin || _time.GetElapsedTime(oldest.Time) >= _options.KeepFor))
        {
            _kept.Dequeue();
            file.Forget(oldest.Place, oldest.Bytes);
        }
    }

    /// <summary>While the disk fails: from what can still be read of it, and from memory.</summary>
    private void AnswerInNeed()
    {
        (long records, long alerts) = _memory.ForgetAcknowledged();
        _counters.Add(Counter.Acknowledged, (ulong)records);
        _counters.Add(Counter.AcknowledgedAlerts, (ulong)alerts);
        SpoolStatus waited = _memory.OnDisk;
        if (!_memory.TryAnswer(_file is not null, out ReadRequest? request, out SpoolBatch? batch, out bool isOnDisk, out bool abandoned))
        {
            return;
        }

        if (abandoned)
        {
            _counters.Add(Counter.LostSpoolCorrupt, (ulong)waited.Alerts); // carried over, should they be found again
            _fileEpoch = ulong.MaxValue; // whatever is opened next has another past
        }

        if (isOnDisk)
        {
            try
            {
                batch = request.BatchOf(_file!.Read, _memory.State, _time.GetUtcNow());
                _memory.Sending(batch);
            }
            catch (Exception e)
            {
                Fail(e);
                return;
            }
        }

        _memory.Answer(request, batch);
    }

    private void Try(Action action)
    {
        try
        {
            action();
            if (_failedAt != 0)
            {
                _failedAt = 0;
                _health[Ailment.SpoolFailing] = null;
                LogRecovered(_logger, _options.Directory);
            }
        }
        catch (Exception e) when (e is not UserException)
        {
            Fail(e);
        }
    }

    private void Fail(Exception e)
    {
        if (_file is not null && DiskFailure.LeavesReadable(e))
        {
            Use(_file);
        }
        else
        {
            _file?.Dispose();
            _file = null;
        }

        if (!DiskFailure.Is(e))
        {
            try
            {
                _directory.Quarantine();
            }
            catch (Exception other) when (DiskFailure.Is(other))
            {
                // the next attempt to open it finds what is wrong with it
            }
        }

        if (_failedAt == 0)
        {
            LogFailing(_logger, _options.Directory, e.Message);
        }

        _failedAt = Math.Max(1, _time.GetTimestamp());
        _counters.Add(Counter.SpoolFailures);
        _health[Ailment.SpoolFailing] = e.Message;
        _memory.Failed();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Records cannot be written to {Directory} and wait in memory: {Reason}")]
    private static partial void LogFailing(ILogger logger, string directory, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Records are written to {Directory} again")]
    private static partial void LogRecovered(ILogger logger, string directory);

    [LoggerMessage(Level = LogLevel.Error, Message = "{File} is not what was written there ({Reason}): a new one is begun, what was found lies in {Quarantine}")]
    private static partial void LogCorrupt(ILogger logger, string file, string reason, string quarantine);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} records are lost with this process: {Directory} does not take them")]
    private static partial void LogLost(ILogger logger, long count, string directory);
}
