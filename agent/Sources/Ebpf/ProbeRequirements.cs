using System.Globalization;

namespace Tallyman.Agent.Sources.Ebpf;

/// <summary>What the host must have for the eBPF program, asked in the order in which people can mend it.</summary>
internal static class ProbeRequirements
{
    private static readonly Version OldestKernel = new(5, 8);

    /// <exception cref="SourceUnavailableException">Something is missing.</exception>
    public static void Check()
    {
        if (KernelVersion() is Version kernel && kernel < OldestKernel)
        {
            throw new SourceUnavailableException($"eBPF needs Linux {OldestKernel} or later, this is {kernel.ToString(2)}: use a later kernel");
        }

        if (!File.Exists("/sys/kernel/btf/vmlinux"))
        {
            throw new SourceUnavailableException(
                "eBPF needs a kernel that describes its own types (BTF), and /sys/kernel/btf/vmlinux is missing: use a kernel with CONFIG_DEBUG_INFO_BTF=y, and mount /sys");
        }

        string[] missing = OwnCapabilities.MissingOf(OwnCapabilities.Bpf, OwnCapabilities.Perfmon);
        if (missing.Length > 0 && OwnCapabilities.MissingOf(OwnCapabilities.SysAdmin).Length > 0)
        {
            throw new SourceUnavailableException($"eBPF needs the capabilities CAP_BPF and CAP_PERFMON, and lacks {string.Join(" and ", missing)}: run as root or grant both", isPermission: true);
        }

        if (IsLockedDown())
        {
            throw new SourceUnavailableException("the kernel is locked down to 'confidentiality' and lets nobody read its memory through eBPF: boot with lockdown=integrity or less");
        }
    }

    private static Version? KernelVersion()
    {
        // 6.1.0-50-cloud-amd64, 5.8-rc1
        string release = File.Exists("/proc/sys/kernel/osrelease") ? File.ReadAllText("/proc/sys/kernel/osrelease") : "";
        string[] parts = release.Split('.', '-', '+', '\n');
        return parts.Length >= 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int major)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int minor)
                ? new Version(major, minor)
                : null;
    }

    private static bool IsLockedDown()
    {
        try
        {
            return File.ReadAllText("/sys/kernel/security/lockdown").Contains("[confidentiality]", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // no lockdown in this kernel, or not ours to know
        }
    }
}
