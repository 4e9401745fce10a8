using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tallyman.Agent.Model;
using Tallyman.Agent.Status;
using Tallyman.Rendering;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>Where the log is, and where to keep how far it has been read.</summary>
internal sealed record AuditLogOptions(string Log, string State);

/// <summary>
/// Executions as auditd writes them. One thread follows the log; a second looks into binaries, as reading a file may take long.
/// </summary>
internal sealed partial class AuditExecSource : IExecSource
{
    private const int MostUnknownWaiting = 1024;
    private const int TicksBetweenCursors = 5;
    private const int PollsAtEnd = 20;
    private static readonly TimeSpan SlowPoll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PollAtEnd = TimeSpan.FromMilliseconds(50);

    private readonly AuditLogOptions _options;
    private readonly EventQueue _events;
    private readonly Counters _counters;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly AuditSurroundings _surroundings;
    private readonly AuditReading _reading;
    private readonly AuditTail _tail;
    private readonly BlockingCollection<AuditExec> _unknown = new(MostUnknownWaiting);
    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _following;
    private readonly Thread _identifying;
    private readonly uint? _lostBefore = AuditKernel.TryRead()?.Lost;
    private FileSystemWatcher? _watcher;
    private AuditCursor? _cursor;
    private long _lastTime;
    private long _executions; // seen in the log
    private long _executionsAtCheck = -1;
    private bool _isSilent;
    private volatile bool _stopping;

    private AuditExecSource(AuditLogOptions options, EventQueue events, Counters counters, ProcFs proc, TimeProvider time, ILogger logger)
    {
        _options = options;
        _events = events;
        _counters = counters;
        _time = time;
        _logger = logger;
        _surroundings = new AuditSurroundings(proc, time);
        _reading = new AuditReading(static (_, _) => true, Sort, counters);
        _tail = new AuditTail(options.Log, _reading, counters, logger);
        _following = new Thread(Follow) { Name = "audit", IsBackground = true };
        _identifying = new Thread(IdentifyUnknown) { Name = "identity", IsBackground = true };
    }

    public string Name => "auditd";

    /// <param name="goesOn">Whether to go on where the last reading has ended; else with what is written from now on.</param>
    /// <exception cref="SourceUnavailableException">The log cannot be read.</exception>
    public static AuditExecSource Load(
        AuditLogOptions options, bool goesOn, EventQueue events, Counters counters, ProcFs proc, TimeProvider time, ILogger logger)
    {
        using (LogFile? log = LogFile.TryOpen(options.Log, out string? failure))
        {
            if (log is null)
            {
                throw new SourceUnavailableException(
                    $"auditd's log cannot be read: {SafeText.Escape(failure!)}: install and start auditd (Debian and Ubuntu: apt-get install auditd), or say with --audit-log where its log is",
                    isPermission: File.Exists(options.Log));
            }
        }

        var source = new AuditExecSource(options, events, counters, proc, time, logger);
        source._tail.Begin(goesOn ? AuditCursor.TryLoad(options.State) : null);
        return source;
    }

    public void Start()
    {
        ReportRules();
        _watcher = Watch();
        _following.Start();
        _identifying.Start();
    }

    public void Stop()
    {
        _stopping = true;
        _wake.Set();
        if (_following.IsAlive)
        {
            _following.Join();
        }

        _unknown.CompleteAdding();
        if (_identifying.IsAlive)
        {
            _identifying.Join();
        }

        _watcher?.Dispose();
        _watcher = null;
    }

    /// <summary>
    /// The log is there, even where auditd writes nothing to it: it may be stopped, or have suspended itself as the disk is full.
    /// Nothing else would do better then, so it is only said.
    /// </summary>
    public bool IsAlive()
    {
        long executions = Interlocked.Read(ref _executions);
        bool isSilent = executions == _executionsAtCheck;
        if (isSilent && !_isSilent)
        {
            LogSilent(_logger, _options.Log);
            ReportRules();
        }
        else if (_isSilent && !isSilent)
        {
            LogNotSilent(_logger, _options.Log);
        }

        _isSilent = isSilent;
        _executionsAtCheck = Marker.TryExecute() ? executions : -1;
        return _following.IsAlive;
    }

    public IEnumerable<KeyValuePair<string, ulong>> ReadCounters()
    {
        yield return new("audit_silent", _isSilent ? 1u : 0);
        if (_lostBefore is uint before && AuditKernel.TryRead() is AuditKernel kernel)
        {
            yield return new("lost_audit_kernel", kernel.Lost - before);
        }
    }

    public void Dispose()
    {
        Stop();
        _tail.Dispose();
        _unknown.Dispose();
        _wake.Dispose();
    }

    private void Follow()
    {
        long lastTick = _time.GetTimestamp();
        int ticks = 0;
        while (!_stopping)
        {
            bool hasMore = PollSafely();
            if (_time.GetElapsedTime(lastTick) >= SlowPoll)
            {
                lastTick = _time.GetTimestamp();
                Tick(++ticks);
            }

            if (!hasMore)
            {
                _wake.WaitOne(SlowPoll);
            }
        }

        // What is being written at this moment is still taken along.
        for (int i = 0; i < PollsAtEnd && (PollSafely() || _reading.OldestPosition < _reading.Position); i++)
        {
            _wake.WaitOne(PollAtEnd);
        }

        _reading.Finish();
        Save(_tail.Cursor(_lastTime));
    }

    private bool PollSafely()
    {
        try
        {
            bool hasMore = _tail.Poll();
            Interlocked.Exchange(ref _executions, (long)_reading.Executions);
            return hasMore;
        }
        catch (IOException e)
        {
            LogNotRead(_logger, _options.Log, e.Message);
            return false;
        }
    }

    private void Tick(int ticks)
    {
        _reading.Tick();
        _reading.Report();
        if (ticks % TicksBetweenCursors == 0)
        {
            // The one before: what was read since may not have been judged yet, and would be lost if the agent were.
            Save(_cursor);
            _cursor = _tail.Cursor(_lastTime);
        }
    }

    private void Save(AuditCursor? cursor)
    {
        if (cursor?.Save(_options.State) is string failure)
        {
            LogNoCursor(_logger, _options.State, failure);
        }
    }

    private FileSystemWatcher? Watch()
    {
        try
        {
            string directory = Path.GetDirectoryName(Path.GetFullPath(_options.Log))!;
            var watcher = new FileSystemWatcher(directory, Path.GetFileName(_options.Log) + "*") { NotifyFilter = NotifyFilters.LastWrite | NotifyFilters.FileName };
            watcher.Changed += (_, _) => _wake.Set();
            watcher.Created += (_, _) => _wake.Set();
            watcher.Renamed += (_, _) => _wake.Set();
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            return null; // no inotify to be had: the slow poll does it alone
        }
    }

    private void Sort(AuditExec exec)
    {
        if (exec.Time < _tail.PassedBefore)
        {
            return;
        }

        _lastTime = exec.Time.ToUnixTimeMilliseconds();
        (Executable? program, IdentifiedBy by) = exec.FindByName();
        if (program is null)
        {
            _counters.Add(Counter.EventsUnknown);
            if (!_unknown.TryAdd(exec))
            {
                _counters.Add(Counter.LostUnknownQueueFull);
            }

            return;
        }

        _counters.Add(Counter.EventsWatched);
        if (program.Tool.IsSocketClient() && !RuntimeSockets.MayBeIn(exec.Argv))
        {
            _counters.Add(Counter.NotInteresting); // curl and the like are common, and nothing more is to be spent on most
        }
        else if (program.Tool != Tool.Loader || !_unknown.TryAdd(exec))
        {
            Add(exec, program, by);
        }
    }

    private void IdentifyUnknown()
    {
        foreach (AuditExec exec in _unknown.GetConsumingEnumerable())
        {
            if (exec.FindByName() is (Executable loader, IdentifiedBy by))
            {
                Add(exec, loader, by, _surroundings.IdentifyLoaded(exec));
                continue;
            }

            (IdentityOutcome outcome, Executable? program) = _surroundings.Identify(exec);
            _counters.Add(outcome switch
            {
                IdentityOutcome.Tool => Counter.UnknownTools,
                IdentityOutcome.Other => Counter.UnknownNotTools,
                IdentityOutcome.Refused => Counter.LostUnknownRefused,
                _ => Counter.LostUnknownGone,
            });
            if (program is not null)
            {
                Add(exec, program, IdentifiedBy.Content);
            }
        }
    }

    private void Add(AuditExec exec, Executable program, IdentifiedBy by, Executable? loaded = null) =>
        _events.TryAdd(_surroundings.Complete(exec.ToEvent(Name, program, by) with { Loaded = loaded }));

    private void ReportRules()
    {
        if (AuditKernel.TryRead() is not AuditKernel kernel)
        {
            LogNotAsked(_logger);
            return;
        }

        if (!kernel.IsEnabled || kernel.Daemon == 0)
        {
            LogOff(_logger, kernel.Daemon == 0 ? "no auditd runs: systemctl start auditd" : "it is switched off: auditctl -e 1");
        }

        foreach (string line in AuditRules.TryFindMissing() ?? [])
        {
            LogMissingRule(_logger, line);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The kernel's auditing does not tell of all executions, some are not seen: {Line}")]
    private static partial void LogMissingRule(ILogger logger, string line);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The kernel audits nothing: {Reason}")]
    private static partial void LogOff(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "How many audit records the kernel loses, and which rules it has, is not known: that takes CAP_AUDIT_CONTROL")]
    private static partial void LogNotAsked(ILogger logger);

    [LoggerMessage(Level = LogLevel.Error, Message = "An execution of the agent's own has not come to {Log} in a minute: auditd is stopped, or has suspended itself as its disk is full, or the rules are gone")]
    private static partial void LogSilent(ILogger logger, string log);

    [LoggerMessage(Level = LogLevel.Information, Message = "Executions come to {Log} again")]
    private static partial void LogNotSilent(ILogger logger, string log);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Log} cannot be read, which is tried again and again: {Reason}")]
    private static partial void LogNotRead(ILogger logger, string log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "How far the log is read cannot be kept in {Directory}, so that the next start begins at its end: {Reason}")]
    private static partial void LogNoCursor(ILogger logger, string directory, string reason);
}
