using System.Globalization;

namespace Tallyman.Agent.Sources.Ebpf;

/// <summary>What the host must have for the eBPF program, asked in the order in which people can mend it.</summary>
internal static class ProbeRequirements
{
    private const int CapSysAdmin = 21;
    private const int CapPerfmon = 38;
    private const int CapBpf = 39;

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

        ulong capabilities = EffectiveCapabilities();
        if (!Has(capabilities, CapSysAdmin) && !(Has(capabilities, CapBpf) && Has(capabilities, CapPerfmon)))
        {
            string missing = string.Join(" and ", MissingNames(capabilities));
            throw new SourceUnavailableException($"eBPF needs the capabilities CAP_BPF and CAP_PERFMON, and lacks {missing}: run as root or grant both", isPermission: true);
        }

        if (IsLockedDown())
        {
            throw new SourceUnavailableException("the kernel is locked down to 'confidentiality' and lets nobody read its memory through eBPF: boot with lockdown=integrity or less");
        }
    }

    private static bool Has(ulong capabilities, int capability) => (capabilities >> capability & 1) != 0;

    private static IEnumerable<string> MissingNames(ulong capabilities)
    {
        if (!Has(capabilities, CapBpf))
        {
            yield return "CAP_BPF";
        }

        if (!Has(capabilities, CapPerfmon))
        {
            yield return "CAP_PERFMON";
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

    private static ulong EffectiveCapabilities()
    {
        const string Line = "CapEff:";
        string? line = File.ReadLines("/proc/self/status").FirstOrDefault(static line => line.StartsWith(Line, StringComparison.Ordinal));
        return ulong.TryParse(line.AsSpan(Math.Min(Line.Length, line?.Length ?? 0)).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong set) ? set : 0;
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
