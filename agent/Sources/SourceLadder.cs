using Microsoft.Extensions.Logging;
using Tallyman.Agent.Model;
using Tallyman.Agent.Status;

namespace Tallyman.Agent.Sources;

/// <summary>How executions are to be seen.</summary>
public enum SourceChoice
{
    /// <summary>Through eBPF where that can be had, else from auditd's log.</summary>
    Auto,
    Ebpf,
    Auditd,
}

/// <summary>The sources that there may be on this host; each may throw <see cref="SourceUnavailableException"/>.</summary>
/// <param name="Auditd">Goes on where it ended.</param>
/// <param name="ForgetAuditd">Has it begin anew; called when executions are seen in another way.</param>
internal sealed record SourceLoaders(Func<IExecSource> Ebpf, Func<IExecSource> Auditd, Action ForgetAuditd);

/// <summary>
/// Decides which source is in use, at the start and again and again after that. There is never more than one: an execution that
/// both saw would be two.
/// </summary>
/// <param name="tell">Keeps a record of what was done and why, for collectors.</param>
internal sealed partial class SourceLadder(
    SourceChoice choice, SourceLoaders loaders, Health health, Action<string, string> tell, TimeProvider time, ILogger<SourceLadder> logger) : IDisposable
{
    /// <summary>Looks at the source between two looks whether eBPF can be had again, which costs more.</summary>
    private const int ChecksBetweenTries = 5;

    private readonly Lock _lock = new(); // for those who read counters while the source is exchanged
    private readonly Dictionary<string, ulong> _countedBefore = []; // by sources that are not in use any more
    private (IExecSource Source, string Why)? _loaded;
    private IExecSource? _current;
    private DateTimeOffset _wasAlive;
    private bool _hasLasted; // from its start to a look at least
    private int _checks;

    /// <summary>The name of the source in use; empty if there is none.</summary>
    public string Name => _current?.Name ?? "";

    /// <summary>As <see cref="IExecSource.RunningBefore"/> of the source in use; null if there is none.</summary>
    public ExecKey? RunningBefore(uint pid) => _current?.RunningBefore(pid);

    /// <summary>Has a source ready that sees nothing yet, so that it is known whether there is one before anything else begins.</summary>
    /// <exception cref="SourceUnavailableException">Executions cannot be seen on this host in any way that was allowed.</exception>
    public void Load() => _loaded = LoadBest();

    /// <exception cref="SourceUnavailableException">The same, as is known only now.</exception>
    public void Start() => Begin(_loaded ?? LoadBest());

    /// <summary>To be called every minute or so.</summary>
    public void Check()
    {
        _checks++;
        if (_current?.IsAlive() != true)
        {
            Replace();
            return;
        }

        _wasAlive = time.GetUtcNow();
        _hasLasted = true;
        if (choice == SourceChoice.Auto && _current.Name == "auditd" && _checks % ChecksBetweenTries == 0)
        {
            TryGoBack();
        }
    }

    public void Stop() => _current?.Stop();

    /// <summary>Which source it is, what it measures, and what the sources have counted, one after the other.</summary>
    public IEnumerable<KeyValuePair<string, ulong>> ReadCounters()
    {
        lock (_lock)
        {
            var counters = new Dictionary<string, ulong>(_countedBefore);
            AddTo(counters);
            counters["source_ebpf"] = Name == "ebpf" ? 1u : 0;
            counters["source_auditd"] = Name == "auditd" ? 1u : 0;
            return [.. counters, .. _current?.ReadGauges() ?? []];
        }
    }

    public void Dispose()
    {
        _loaded?.Source.Dispose();
        _current?.Dispose();
    }

    private (IExecSource Source, string Why) LoadBest()
    {
        if (choice == SourceChoice.Auditd)
        {
            return (loaders.Auditd(), ", as it was told to");
        }

        try
        {
            return (loaders.Ebpf(), choice == SourceChoice.Ebpf ? ", as it was told to" : "");
        }
        catch (SourceUnavailableException e) when (choice == SourceChoice.Auto)
        {
            return LoadSecond(e);
        }
    }

    private (IExecSource Source, string Why) LoadSecond(SourceUnavailableException reason)
    {
        try
        {
            return (loaders.Auditd(), $", as eBPF is not to be had: {reason.Message}");
        }
        catch (SourceUnavailableException e)
        {
            throw new SourceUnavailableException($"{reason.Message}; and {e.Message}", reason.IsPermission);
        }
    }

    private void Begin((IExecSource Source, string Why) loaded)
    {
        try
        {
            Use(loaded);
        }
        catch (SourceUnavailableException e) when (choice == SourceChoice.Auto && loaded.Source.Name == "ebpf")
        {
            Use(LoadSecond(e));
        }
    }

    /// <summary>By the same again if it had worked; eBPF that did not last until the first look gives way.</summary>
    private void Replace()
    {
        bool givesWay = choice == SourceChoice.Auto && Name == "ebpf" && !_hasLasted;
        if (_current is IExecSource last)
        {
            string since = $"since some time after {_wasAlive:u}";
            LogDied(logger, last.Name, since);
            tell("source_died", $"{last.Name} {since}");
            Release();
        }

        TryBegin(givesWay ? LoadSecondIfAny : LoadBest);
    }

    private (IExecSource Source, string Why) LoadSecondIfAny()
    {
        try
        {
            return LoadSecond(new SourceUnavailableException("it starts and soon sees nothing any more"));
        }
        catch (SourceUnavailableException)
        {
            return LoadBest(); // a little of the time is better than nothing
        }
    }

    /// <summary>Everything that takes long comes first, so that as little as can be happens unseen.</summary>
    private void TryGoBack()
    {
        IExecSource ebpf;
        try
        {
            ebpf = loaders.Ebpf();
        }
        catch (SourceUnavailableException)
        {
            return;
        }

        Release();
        TryBegin(() => (ebpf, ", which has become possible"));
    }

    private void TryBegin(Func<(IExecSource Source, string Why)> load)
    {
        try
        {
            Begin(load());
        }
        catch (SourceUnavailableException e)
        {
            if (health[Ailment.NoSource] is null)
            {
                LogNone(logger, e.Message);
                tell("source_none", e.Message);
            }

            health[Ailment.NoSource] = e.Message;
        }
    }

    private void Use((IExecSource Source, string Why) loaded)
    {
        _loaded = null;
        try
        {
            loaded.Source.Start();
            if (choice == SourceChoice.Auto && loaded.Source.Name == "ebpf" && !loaded.Source.IsAlive())
            {
                throw new SourceUnavailableException("it starts and sees nothing");
            }
        }
        catch
        {
            loaded.Source.Dispose();
            throw;
        }

        lock (_lock)
        {
            _current = loaded.Source;
        }

        _wasAlive = time.GetUtcNow();
        _hasLasted = false;
        health[Ailment.NoSource] = null;
        LogUse(logger, Name, loaded.Why);
        tell("source_chosen", Name + loaded.Why);
        if (Name == "ebpf")
        {
            loaders.ForgetAuditd();
        }
    }

    private void Release()
    {
        IExecSource last = _current!;
        last.Stop();
        lock (_lock)
        {
            AddTo(_countedBefore);
            _current = null;
        }

        last.Dispose();
    }

    private void AddTo(Dictionary<string, ulong> counters)
    {
        foreach ((string name, ulong count) in _current?.ReadCounters() ?? [])
        {
            counters[name] = counters.GetValueOrDefault(name) + count;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Executions are seen through {Source}{Why}")]
    private static partial void LogUse(ILogger logger, string source, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "The source {Source} sees nothing any more, {Since}")]
    private static partial void LogDied(ILogger logger, string source, string since);

    [LoggerMessage(Level = LogLevel.Error, Message = "No executions are seen at all, which is mended as soon as it can be: {Reason}")]
    private static partial void LogNone(ILogger logger, string reason);
}
