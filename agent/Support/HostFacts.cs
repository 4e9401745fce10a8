using System.Globalization;
using System.Text;

namespace Tallyman.Agent.Support;

/// <summary>What kernel and host say of themselves, and of one process: files of /proc and /sys, each under its name.</summary>
internal static class HostFacts
{
    private const int MostRead = 16 * 1024; // of one file

    private static readonly string[] OfHost =
    [
        "/proc/version", "/etc/os-release", "/proc/uptime", "/proc/loadavg", "/proc/pressure/cpu", "/proc/pressure/memory",
        "/sys/kernel/security/lsm", "/sys/kernel/security/lockdown",
        "/proc/sys/kernel/unprivileged_bpf_disabled", "/proc/sys/kernel/bpf_stats_enabled", "/proc/sys/kernel/perf_event_paranoid", "/proc/sys/kernel/kptr_restrict",
        "/proc/sys/net/core/bpf_jit_enable", "/proc/sys/net/core/bpf_jit_harden", "/proc/sys/kernel/pid_max", "/proc/sys/fs/file-nr", "/proc/sys/kernel/yama/ptrace_scope",
        "/sys/fs/cgroup/cgroup.controllers", "/proc/self/cgroup", "/sys/devices/system/cpu/online", "/sys/devices/system/clocksource/clocksource0/current_clocksource",
    ];

    private static readonly string[] OfMemory = ["MemTotal:", "MemAvailable:", "SwapTotal:", "SwapFree:"];

    private static readonly string[] OfProcess = ["status", "limits", "cgroup", "oom_score_adj", "attr/current"];

    public static string Host()
    {
        var text = new StringBuilder();
        foreach (string file in OfHost)
        {
            Add(text, file, Read(file));
        }

        Add(text, "/proc/meminfo", string.Join('\n', Read("/proc/meminfo").Split('\n').Where(static line => OfMemory.Any(line.StartsWith))));
        Add(text, "cgroup version", File.Exists("/sys/fs/cgroup/cgroup.controllers") ? "2" : "1");
        var btf = new FileInfo("/sys/kernel/btf/vmlinux");
        Add(text, btf.FullName, btf.Exists ? string.Create(CultureInfo.InvariantCulture, $"{btf.Length} bytes") : "(not there)");
        return text.ToString();
    }

    /// <summary>A running agent.</summary>
    /// <param name="isOwn">Which variables of its environment are the agent's.</param>
    public static string Process(int pid, Predicate<string> isOwn)
    {
        var text = new StringBuilder();
        string directory = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/");
        foreach (string file in OfProcess)
        {
            Add(text, directory + file, Read(directory + file));
        }

        Add(text, "command line", Read(directory + "cmdline").Replace('\0', ' '));
        Add(text, "settings in its environment", string.Join('\n', Read(directory + "environ").Split('\0').Where(variable => isOwn(variable))));
        return text.ToString();
    }

    private static void Add(StringBuilder text, string name, string content)
    {
        content = content.Replace('\t', ' ').Replace("\0", "", StringComparison.Ordinal).Trim();
        text.Append(CultureInfo.InvariantCulture, $"{name}:{(content.Contains('\n', StringComparison.Ordinal) ? "\n  " : " ")}{content.Replace("\n", "\n  ", StringComparison.Ordinal)}\n");
    }

    private static string Read(string file)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            byte[] bytes = new byte[MostRead]; // those of /proc say that they have 0
            return Encoding.UTF8.GetString(bytes, 0, stream.ReadAtLeast(bytes, MostRead, throwOnEndOfStream: false));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"({e.Message})";
        }
    }
}
