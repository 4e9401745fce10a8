using System.Globalization;
using Microsoft.Extensions.Logging;
using Tallyman.Agent.Status;
using Tallyman.Cli;
using Tallyman.V1;

namespace Tallyman.Agent.Spool;

/// <summary>
/// The thread that has the disk follow memory: each turn is one commit. Nothing that is found on disk and no failure of it
/// ends the agent; while the disk fails it is tried again now and then, and memory alone has to do.
/// </summary>
internal sealed partial class SpoolWriter : IDisposable
{
    private static readonly TimeSpan SayAlive = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Patient = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(10);

    private readonly SpoolOptions _options;
    private readonly SpoolMemory _memory;
    private readonly Counters _counters;
    private readonly Health _health;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SpoolDirectory _directory;
    private readonly Thread _thread;
    private readonly ITimer _watch;
    private readonly KeptRecords _kept;
    private SpoolFile? _file;
    private Eviction? _eviction;
    private ulong _fileEpoch;
    private long _failedAt;
    private long _waitingSince; // for the disk; 0: not

    /// <exception cref="UserException">Another agent uses the directory.</exception>
    public SpoolWriter(SpoolOptions options, SpoolMemory memory, Counters counters, Health health, TimeProvider time, ILogger logger)
    {
        (_options, _memory, _counters, _health, _time, _logger) = (options, memory, counters, health, time, logger);
        _directory = new SpoolDirectory(options.Directory, options.Size, time);
        _kept = new KeptRecords(options, time);
        _watch = time.CreateTimer(_ => NoticeHanging(), null, Patient, Patient);
        Try(Open);
        _thread = new Thread(Write) { Name = "spool", IsBackground = true };
        _thread.Start();
    }

    /// <summary>When the run before this one was last known to be alive, and whether it ended as it should; null if there was none.</summary>
    public (DateTimeOffset Alive, bool Clean)? PreviousRun { get; private set; }

    /// <summary>After memory was told to stop: writes what is in it, if the disk lets it.</summary>
    public void Dispose()
    {
        bool ended = _thread.Join(Farewell);
        if (!ended || _memory.Status.InMemory > 0)
        {
            LogLost(_logger, _memory.Status.InMemory, _options.Directory);
        }

        _watch.Dispose();
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
            ? _kept.UntilNext ?? SayAlive
            : _options.RetryEvery - _time.GetElapsedTime(_failedAt);
        return TimeSpan.FromMilliseconds(Math.Clamp(patience.TotalMilliseconds, 1, SayAlive.TotalMilliseconds));
    }

    private void Open()
    {
        SpoolFile file = _directory.Open(out string? loss);
        Count(_memory.ForgetAcknowledged()); // what was sent from memory and answered has no need of the disk
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
            _memory.Append(SpooledRecord.Of(0, new Record { Gap = Gaps.Of(Gaps.Corrupt, (ulong)waited.Records, now, now, isExact: false) }), out _);
        }

        if (isFirst && !file.IsNew)
        {
            PreviousRun = (file.State.Alive, file.State.Clean);
            _memory.Append(SpooledRecord.Of(0, new Record { Gap = Gaps.Of(Gaps.Restart, 0, file.State.Alive, now, isExact: false) }), out _);
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
        _kept.Begin(file);
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

        SpoolWork work = _memory.Gather(out Forgotten forgotten);
        Count(forgotten);
        DateTimeOffset now = _time.GetUtcNow();
        (long Records, long Alerts, long Bytes) acknowledged = default;
        long evicted = 0;
        Rank[] buried = [];
        SpoolBatch? batch = null;
        file.Commit(() =>
        {
            SpoolState before = file.State;
            SpoolState target = work.Target;
            buried = [.. work.Refused.Select(refused => file.Bury(refused.Place, refused.Reason)).OfType<Rank>()];
            acknowledged = file.Acknowledge(target.Acknowledged);
            file.Save(file.State with { Epoch = target.Epoch, Origin = target.Origin, Sent = Math.Min(target.Sent, file.State.Next - 1) });
            if (acknowledged.Bytes > 0)
            {
                _kept.Add(target.Acknowledged, acknowledged.Bytes);
            }

            _kept.Forget(file);
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
        _memory.Written(work, file);
        _counters.Add(Counter.Acknowledged, (ulong)acknowledged.Records);
        _counters.Add(Counter.AcknowledgedAlerts, (ulong)acknowledged.Alerts);
        _counters.Add(Counter.LostSpoolEvicted, (ulong)evicted);
        CountRefused(buried);
        if (work.Request is ReadRequest request && (batch is not null || request.Epoch != file.State.Epoch))
        {
            _memory.Answer(request, batch);
        }
    }

    private static long CostOf(IEnumerable<SpooledRecord> records) => records.Sum(static record => record.Cost);

    /// <summary>While the disk fails: from what can still be read of it, and from memory.</summary>
    private void AnswerInNeed()
    {
        Count(_memory.ForgetAcknowledged()); // what was sent from memory and answered has no need of the disk
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

    private void Count(Forgotten forgotten)
    {
        _counters.Add(Counter.Acknowledged, (ulong)forgotten.Records);
        _counters.Add(Counter.AcknowledgedAlerts, (ulong)forgotten.Alerts);
        CountRefused(forgotten.Refused);
    }

    private void CountRefused(Rank[] refused)
    {
        _counters.Add(Counter.LostNacked, (ulong)refused.Count(static rank => rank < Rank.Own));
        _counters.Add(Counter.NackedOwn, (ulong)refused.Count(static rank => rank >= Rank.Own));
    }

    private void Try(Action action)
    {
        try
        {
            Volatile.Write(ref _waitingSince, _time.GetTimestamp());
            action();
            _failedAt = 0;
            if (_health[Ailment.SpoolFailing] is not null)
            {
                _health[Ailment.SpoolFailing] = null;
                LogRecovered(_logger, _options.Directory);
            }
        }
        catch (Exception e) when (e is not UserException)
        {
            Fail(e);
        }
        finally
        {
            Volatile.Write(ref _waitingSince, 0);
        }
    }

    /// <summary>A disk that answers neither yes nor no.</summary>
    private void NoticeHanging()
    {
        if (Volatile.Read(ref _waitingSince) is long since and not 0 && _time.GetElapsedTime(since) is TimeSpan wait && wait > Patient)
        {
            string reason = string.Create(CultureInfo.InvariantCulture, $"the disk has not answered for {wait.TotalSeconds:F0} s");
            if (_health[Ailment.SpoolFailing] is null)
            {
                LogFailing(_logger, _options.Directory, reason);
            }

            _health[Ailment.SpoolFailing] = reason;
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
