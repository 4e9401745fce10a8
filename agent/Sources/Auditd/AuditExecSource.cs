using Microsoft.Extensions.Logging;
using Tallyman.Agent.Model;
using Tallyman.Agent.Native;
using Tallyman.Agent.Status;
using Tallyman.Rendering;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>Where the log is, and where to keep how far it has been read.</summary>
internal sealed record AuditLogOptions(string Log, string State);

/// <summary>
/// Executions as auditd writes them. One thread follows the log; a second looks into binaries, as reading a file may take long.
/// </summary>
internal sealed class AuditExecSource : IExecSource
{
    private readonly EventQueue _events;
    private readonly Counters _counters;
    private readonly AuditSurroundings _surroundings;
    private readonly AuditTail _tail;
    private readonly AuditFollower _follower;
    private readonly AuditCondition _condition;
    private readonly IdentityQueue<AuditExec> _unknown;
    private readonly Thread _identifying;
    private readonly ProcFs _proc;
    private readonly ulong? _begun; // nanoseconds since boot; null where an earlier reading is gone on with

    private AuditExecSource(AuditLogOptions options, AuditCursor? cursor, EventQueue events, Counters counters, Progress progress, Health health, ProcFs proc, TimeProvider time, ILogger logger)
    {
        _events = events;
        _counters = counters;
        _unknown = new(events.MostBytes / 2, static exec => exec.Argv.Length, progress);
        _surroundings = new AuditSurroundings(proc, time);
        var reading = new AuditReading(static (_, _) => true, Sort, counters);
        _tail = new AuditTail(options.Log, reading, counters, time, logger);
        _follower = new AuditFollower(options, reading, _tail, progress, time, logger);
        _condition = new AuditCondition(options.Log, health, logger);
        _identifying = new Thread(IdentifyUnknown) { Name = "identity", IsBackground = true };
        _proc = proc;
        _begun = cursor is null ? BootTime.Nanoseconds() : null;
        _tail.Begin(cursor);
    }

    public string Name => "auditd";

    /// <summary>Goes on where the last reading has ended; without one, with what is written from now on.</summary>
    /// <exception cref="SourceUnavailableException">The log cannot be read.</exception>
    public static AuditExecSource Load(
        AuditLogOptions options, EventQueue events, Counters counters, Progress progress, Health health, ProcFs proc, TimeProvider time, ILogger logger)
    {
        using (LogFile? log = LogFile.TryOpen(options.Log, out LogFailure? failure))
        {
            if (log is null)
            {
                throw new SourceUnavailableException($"auditd's log cannot be read: {SafeText.Escape(failure!.Reason)}: {failure.Remedy}, or say with --audit-log where its log is", failure.IsPermission);
            }
        }

        return new AuditExecSource(options, AuditCursor.TryLoad(options.State), events, counters, progress, health, proc, time, logger);
    }

    public void Start()
    {
        _condition.CheckSetup();
        _identifying.Start();
        _follower.Start();
    }

    /// <summary>
    /// None where an earlier reading is gone on with, as all since then is in the log, and all before that was seen. Nothing tells
    /// one execution of a process from the next here.
    /// </summary>
    public ExecKey? RunningBefore(uint pid) => _begun is ulong begun && _proc.StartOf(pid) is ulong start && start < begun ? new ExecKey(pid, start, 0) : null;

    public void Stop()
    {
        _follower.Stop();
        _unknown.Complete();
        if (_identifying.IsAlive)
        {
            _identifying.Join();
        }

        _condition.Forget();
    }

    /// <summary>The log is there, even where nothing is written to it. Nothing else would do better then, so that is only said.</summary>
    public bool IsAlive()
    {
        _condition.CheckSetup();
        _condition.CheckMarker();
        return _follower.IsAlive;
    }

    public IEnumerable<KeyValuePair<string, ulong>> ReadCounters() => _condition.Lost is ulong lost ? [new("lost_audit_kernel", lost)] : [];

    public void Dispose()
    {
        Stop();
        _follower.Dispose();
        _tail.Dispose();
        _unknown.Dispose();
    }

    private void Sort(AuditExec exec)
    {
        _condition.See(exec);
        if (_tail.WasPassedOn(exec))
        {
            _counters.Add(Counter.AuditRepeated);
            return;
        }

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
        _counters.Add(Counter.EventsAuditd);
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
        foreach (AuditExec exec in _unknown.TakeAll())
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
                _counters.Add(Counter.EventsAuditd);
                Add(exec, program, IdentifiedBy.Content);
            }
        }
    }

    private void Add(AuditExec exec, Executable program, IdentifiedBy by, Executable? loaded = null) =>
        _events.TryAdd(_surroundings.Complete(exec.ToEvent(Name, program, by) with { Loaded = loaded }));
}
