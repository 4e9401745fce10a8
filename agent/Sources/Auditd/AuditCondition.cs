using Microsoft.Extensions.Logging;
using Tallyman.Agent.Status;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>
/// Whether all executions come to the log, as far as that can be known: what the kernel is told to write, whether anything is
/// written, and what is lost on the way. It changes nothing: auditing is the administrator's.
/// </summary>
internal sealed partial class AuditCondition(string log, Health health, ILogger logger)
{
    private readonly LostRecords _lost = new(AuditKernel.TryRead()?.Lost);
    private bool _isExpected; // the marker
    private volatile bool _isSeen;

    /// <summary>Records that the kernel has lost since this began; null if it may not be asked.</summary>
    public ulong? Lost => AuditKernel.TryRead() is AuditKernel kernel ? _lost.Add(kernel.Lost) : _lost.Sum;

    /// <summary>Whether rules are missing, or who takes the records.</summary>
    public void CheckSetup()
    {
        AuditKernel? kernel = AuditKernel.TryRead();
        Set(Ailment.AuditLossUnknown, kernel is null ? "how many audit records the kernel loses, and which rules it has, is not known: that takes CAP_AUDIT_CONTROL" : null);
        Set(Ailment.AuditSetup, WrongIn(kernel, AuditRules.TryFindMissing() ?? []));
    }

    /// <returns>Null if nothing is.</returns>
    internal static string? WrongIn(AuditKernel? kernel, IReadOnlyList<string> rules)
    {
        string?[] wrong =
        [
            kernel is { IsEnabled: false } ? "auditing is switched off: auditctl -e 1" : null,
            kernel is { Daemon: 0 } ? "no auditd runs: systemctl start auditd" : null,
            rules.Count == 0 ? null
                : kernel is { IsLocked: true } ? $"rules are missing, and they are locked until a reboot: change /etc/audit/rules.d so that the next boot does {string.Join(" && ", rules)}, and reboot"
                : $"rules are missing: {string.Join(" && ", rules)}",
        ];
        return wrong.All(static each => each is null) ? null : string.Join("; ", wrong.Where(static each => each is not null));
    }

    /// <summary>
    /// Executes something, which is to be in the log by the next time that this is called: auditd may be stopped, or have
    /// suspended itself as its disk is full. Other executions say nothing: they may be of long ago, or of another host.
    /// </summary>
    public void CheckMarker()
    {
        Set(Ailment.AuditSilent, _isExpected && !_isSeen ? $"an execution of the agent's own has not come to {log}: auditd is stopped, or has suspended itself as its disk is full, or rules are gone" : null);
        _isSeen = false;
        _isExpected = Marker.TryExecute();
    }

    /// <summary>To be called with each execution in the log.</summary>
    public void See(AuditExec exec)
    {
        if (Marker.Is(exec.Argv))
        {
            _isSeen = true;
        }
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
