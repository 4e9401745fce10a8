using System.Globalization;
using Tallyman.Agent.Native;
using Tallyman.Agent.Sources;
using Tallyman.Agent.Sources.Auditd;
using Tallyman.Agent.Sources.Ebpf;
using Tallyman.Rendering;

namespace Tallyman.Agent.Checks;

/// <summary>What the host gives an agent: a way to see executions, a clock, room on a disk. Nothing is changed by it.</summary>
internal static class HostChecks
{
    /// <param name="choice">How executions are to be seen.</param>
    /// <param name="auditLog">Where auditd writes.</param>
    public static IEnumerable<CheckLine> OfSources(SourceChoice choice, string auditLog)
    {
        string? ebpf = WhyNoEbpf();
        string? auditd = WhyNoAuditd(auditLog);
        yield return new CheckLine("kernel", Outcome.Ok, $"Linux {OneLine("/proc/sys/kernel/osrelease")}, security modules {OneLine("/sys/kernel/security/lsm")}, lockdown {OneLine("/sys/kernel/security/lockdown")}");
        if (choice != SourceChoice.Auditd)
        {
            Outcome outcome = ebpf is null ? Outcome.Ok : choice == SourceChoice.Auto && auditd is null ? Outcome.Warn : Outcome.Fail;
            yield return new CheckLine("eBPF", outcome, ebpf ?? "BTF and capabilities are there, and the kernel takes the program");
        }

        bool isNeeded = choice == SourceChoice.Auditd || (choice == SourceChoice.Auto && ebpf is not null);
        if (choice != SourceChoice.Ebpf)
        {
            yield return new CheckLine("auditd's log", auditd is null ? Outcome.Ok : isNeeded ? Outcome.Fail : Outcome.Ok, auditd is null ? auditLog : isNeeded ? auditd : $"not there, and not needed where there is eBPF ({auditLog})");
        }

        if (isNeeded)
        {
            AuditKernel? kernel = AuditKernel.TryRead();
            string? wrong = kernel is null ? "which rules the kernel has is not known: that takes CAP_AUDIT_CONTROL" : AuditCondition.WrongIn(kernel, AuditRules.TryFindMissing() ?? []);
            yield return new CheckLine("audit rules", wrong is null ? Outcome.Ok : kernel is null ? Outcome.Warn : Outcome.Fail, wrong ?? "all executions are written");
        }
    }

    /// <summary>Those that it takes to see more than executions themselves.</summary>
    public static CheckLine OfCapabilities() => OwnCapabilities.MissingOf(OwnCapabilities.SysPtrace, OwnCapabilities.DacReadSearch) is { Length: > 0 } missing
        ? new CheckLine("capabilities", Outcome.Warn, $"without {string.Join(" and ", missing)} manifests, ancestors and renamed tools of other users cannot be looked at: grant what is missing, or run as root")
        : new CheckLine("capabilities", Outcome.Ok, "other users' manifests, ancestors and renamed tools can be looked at");

    public static CheckLine OfClock() => SystemClock.IsSynchronised() switch
    {
        true => new CheckLine("clock", Outcome.Ok, "synchronised"),
        false => new CheckLine("clock", Outcome.Warn, "not synchronised: alerts would have wrong times, and certificates may seem to have expired: install chrony or enable systemd-timesyncd"),
        null => new CheckLine("clock", Outcome.Ok, "whether it is synchronised is not known"),
    };

    /// <param name="state">The state directory; it need not be there yet.</param>
    /// <param name="size">Bytes that the spool may have.</param>
    public static CheckLine OfDisk(string state, long size)
    {
        string place = state;
        while (!Directory.Exists(place))
        {
            place = Path.GetDirectoryName(place)!;
        }

        try
        {
            string probe = Path.Combine(place, $".tallyman-check.{Path.GetRandomFileName()}");
            using (new FileStream(probe, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.DeleteOnClose }))
            {
                long free = new DriveInfo(place).AvailableFreeSpace;
                return free >= size
                    ? new CheckLine("disk", Outcome.Ok, $"{state} has room for the spool: {MiB(free)} free, {MiB(size)} at most")
                    : new CheckLine("disk", Outcome.Warn, $"{state} has {MiB(free)} free, and the spool may have {MiB(size)}: make room, or set spool.size");
            }
        }
        catch (UnauthorizedAccessException)
        {
            return new CheckLine("disk", Outcome.Fail, $"{place} cannot be written by this user: try sudo, or set state");
        }
        catch (IOException e)
        {
            return new CheckLine("disk", Outcome.Fail, $"{SafeText.Escape(e.Message)}: mend it, or set state");
        }
    }

    private static string? WhyNoEbpf()
    {
        try
        {
            KernelProbe.Load().Dispose();
            return null;
        }
        catch (SourceUnavailableException e)
        {
            return e.Message;
        }
    }

    private static string? WhyNoAuditd(string log)
    {
        using LogFile? file = LogFile.TryOpen(log, out LogFailure? failure);
        return file is null ? $"{SafeText.Escape(failure!.Reason)}: {failure.Remedy}, or set audit_log" : null;
    }

    private static string OneLine(string file)
    {
        try
        {
            return SafeText.Escape(File.ReadAllText(file).Trim());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "unknown";
        }
    }

    private static string MiB(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024 / 1024:N0} MiB");
}
