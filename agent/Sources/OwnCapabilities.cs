using System.Globalization;

namespace Tallyman.Agent.Sources;

/// <summary>What this process may do beyond any other: capabilities(7), the effective set.</summary>
internal static class OwnCapabilities
{
    public static readonly (int Number, string Name) DacReadSearch = (2, "CAP_DAC_READ_SEARCH");
    public static readonly (int Number, string Name) SysPtrace = (19, "CAP_SYS_PTRACE");
    public static readonly (int Number, string Name) SysAdmin = (21, "CAP_SYS_ADMIN");
    public static readonly (int Number, string Name) Perfmon = (38, "CAP_PERFMON");
    public static readonly (int Number, string Name) Bpf = (39, "CAP_BPF");

    private const string Line = "CapEff:";

    /// <summary>Names of those that it has not.</summary>
    public static string[] MissingOf(params IEnumerable<(int Number, string Name)> wanted)
    {
        string? line = File.ReadLines("/proc/self/status").FirstOrDefault(static line => line.StartsWith(Line, StringComparison.Ordinal));
        _ = ulong.TryParse(line.AsSpan(Math.Min(Line.Length, line?.Length ?? 0)).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong own);
        return [.. wanted.Where(capability => (own >> capability.Number & 1) == 0).Select(static capability => capability.Name)];
    }
}
