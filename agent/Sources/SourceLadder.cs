using Microsoft.Extensions.Logging;

namespace Tallyman.Agent.Sources;

/// <summary>How executions are to be seen.</summary>
public enum SourceChoice
{
    /// <summary>Through eBPF where that can be had, else from auditd's log.</summary>
    Auto,
    Ebpf,
    Auditd,
}

/// <summary>
/// Decides which source is in use, at the start and again and again after that. There is never more than one: an execution that
/// both saw would be two.
/// </summary>
/// <param name="loadEbpf">May say that there is none.</param>
/// <param name="loadAuditd">The same; told whether it is to go on where it ended at the last run of the agent.</param>
/// <param name="forgetAuditd">Called when executions are seen in another way, so that the log is not gone through for them later.</param>
internal sealed partial class SourceLadder(
    SourceChoice choice, Func<IExecSource> loadEbpf, Func<bool, IExecSource> loadAuditd, Action forgetAuditd, ILogger<SourceLadder> logger) : IDisposable
{
    /// <summary>Looks at the source between two looks whether eBPF can be had again, which costs more.</summary>
    private const int ChecksBetweenTries = 5;

    private IExecSource? _current;
    private int _checks;

    /// <summary>The name of the source in use; empty if there is none.</summary>
    public string Name => _current?.Name ?? "";

    /// <exception cref="SourceUnavailableException">Executions cannot be seen on this host in any way that was allowed.</exception>
    public void Start()
    {
        if (choice != SourceChoice.Auditd)
        {
            try
            {
                Use(loadEbpf(), "");
                forgetAuditd();
                return;
            }
            catch (SourceUnavailableException e) when (choice == SourceChoice.Auto)
            {
                FallBack(e, goesOn: true);
                return;
            }
        }

        Use(loadAuditd(true), ", as it was told to");
    }

    /// <summary>To be called every minute or so.</summary>
    public void Check()
    {
        _checks++;
        bool isAlive = _current?.IsAlive() == true;
        if (choice == SourceChoice.Auto && isAlive && _current!.Name == "auditd" && _checks % ChecksBetweenTries == 0)
        {
            TryGoBack();
        }
        else if (!isAlive)
        {
            Replace();
        }
    }

    public void Stop() => _current?.Stop();

    /// <summary>The source's own counters, and which it is.</summary>
    public IEnumerable<KeyValuePair<string, ulong>> ReadCounters() =>
    [
        new("source_ebpf", Name == "ebpf" ? 1u : 0),
        new("source_auditd", Name == "auditd" ? 1u : 0),
        .. _current?.ReadCounters() ?? [],
    ];

    public void Dispose() => _current?.Dispose();

    private void Replace()
    {
        if (_current is IExecSource last)
        {
            LogDied(logger, last.Name);
            Release();
        }

        try
        {
            if (choice == SourceChoice.Auditd)
            {
                Use(loadAuditd(false), "");
            }
            else
            {
                Use(loadEbpf(), "");
            }
        }
        catch (SourceUnavailableException e) when (choice == SourceChoice.Auto)
        {
            TryFallBack(e, goesOn: false);
        }
        catch (SourceUnavailableException e)
        {
            LogNone(logger, e.Message);
        }
    }

    /// <summary>Everything that takes long comes first, so that as little as can be happens unseen.</summary>
    private void TryGoBack()
    {
        IExecSource ebpf;
        try
        {
            ebpf = loadEbpf();
        }
        catch (SourceUnavailableException)
        {
            return;
        }

        Release();
        try
        {
            Use(ebpf, ", which has become possible");
            forgetAuditd();
        }
        catch (SourceUnavailableException e)
        {
            TryFallBack(e, goesOn: true);
        }
    }

    private void TryFallBack(SourceUnavailableException reason, bool goesOn)
    {
        try
        {
            FallBack(reason, goesOn);
        }
        catch (SourceUnavailableException e)
        {
            LogNone(logger, e.Message);
        }
    }

    private void FallBack(SourceUnavailableException reason, bool goesOn)
    {
        try
        {
            Use(loadAuditd(goesOn), $", as eBPF is not to be had: {reason.Message}");
        }
        catch (SourceUnavailableException e)
        {
            throw new SourceUnavailableException($"{reason.Message}; and {e.Message}", reason.IsPermission);
        }
    }

    private void Use(IExecSource source, string why)
    {
        try
        {
            source.Start();
        }
        catch
        {
            source.Dispose();
            throw;
        }

        _current = source;
        LogUse(logger, source.Name, why);
    }

    private void Release()
    {
        IExecSource? last = _current;
        _current = null;
        last?.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Executions are seen through {Source}{Why}")]
    private static partial void LogUse(ILogger logger, string source, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The source {Source} sees nothing any more")]
    private static partial void LogDied(ILogger logger, string source);

    [LoggerMessage(Level = LogLevel.Error, Message = "No executions are seen at all, which is mended as soon as it can be: {Reason}")]
    private static partial void LogNone(ILogger logger, string reason);
}
