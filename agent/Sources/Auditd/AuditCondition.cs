using Microsoft.Extensions.Logging;
using Tallyman.Agent.Status;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>
/// Whether all executions come to the log, as far as that can be known: what the kernel is told to write, whether anything is
/// written, and what is lost on the way. It changes nothing: auditing is the administrator's.
/// </summary>
internal sealed partial class AuditCondition(string log, Health health, ILogger logger)
{
    private readonly uint? _lostBefore = AuditKernel.TryRead()?.Lost;
    private long? _executionsAtMarker;

    /// <summary>Records that the kernel has lost since this began; null if it may not be asked.</summary>
    public uint? Lost => _lostBefore is uint before && AuditKernel.TryRead() is AuditKernel kernel ? kernel.Lost - before : null;

    /// <summary>Whether rules are missing, or who takes the records.</summary>
    public void CheckSetup()
    {
        AuditKernel? kernel = AuditKernel.TryRead();
        Set(Ailment.AuditLossUnknown, kernel is null ? "how many audit records the kernel loses, and which rules it has, is not known: that takes CAP_AUDIT_CONTROL" : null);
        string?[] wrong =
        [
            kernel is { IsEnabled: false } ? "auditing is switched off: auditctl -e 1" : null,
            kernel is { Daemon: 0 } ? "no auditd runs: systemctl start auditd" : null,
            AuditRules.TryFindMissing() is { Count: > 0 } missing ? $"rules are missing: {string.Join(" && ", missing)}" : null,
        ];
        Set(Ailment.AuditSetup, wrong.All(static each => each is null) ? null : string.Join("; ", wrong.Where(static each => each is not null)));
    }

    /// <summary>
    /// Executes something, which is to be in the log by the next time that this is called: auditd may be stopped, or have
    /// suspended itself as its disk is full.
    /// </summary>
    /// <param name="executions">Seen in the log so far.</param>
    public void CheckExecutions(long executions)
    {
        bool isSilent = executions == _executionsAtMarker;
        Set(Ailment.AuditSilent, isSilent ? $"an execution of the agent's own has not come to {log}: auditd is stopped, or has suspended itself as its disk is full, or rules are gone" : null);
        _executionsAtMarker = Marker.TryExecute() ? executions : null;
    }

    /// <summary>None of it matters while executions are seen in another way.</summary>
    public void Forget()
    {
        foreach (Ailment ailment in (Ailment[])[Ailment.AuditLossUnknown, Ailment.AuditSetup, Ailment.AuditSilent])
        {
            health[ailment] = null;
        }
    }

    private void Set(Ailment ailment, string? reason)
    {
        if (reason == health[ailment])
        {
            return;
        }

        if (reason is null)
        {
            LogMended(logger, health[ailment]!);
        }
        else
        {
            LogAilment(logger, reason);
        }

        health[ailment] = reason;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Executions may go unseen: {Reason}")]
    private static partial void LogAilment(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "No more the case: {Reason}")]
    private static partial void LogMended(ILogger logger, string reason);
}
