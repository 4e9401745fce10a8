using System.Globalization;
using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>A cgroup with so much memory, without swap: of version 2, or 1 where that has the memory.</summary>
internal sealed class MemoryCgroup : IDisposable
{
    private static readonly bool IsFirst = Directory.Exists("/sys/fs/cgroup/memory");

    private readonly string _directory = $"/sys/fs/cgroup/{(IsFirst ? "memory/" : "")}tallyman-test-{Environment.ProcessId}-{Guid.NewGuid():N}";

    public MemoryCgroup(int megabytes)
    {
        Directory.CreateDirectory(_directory);
        File.WriteAllText(Path.Combine(_directory, IsFirst ? "memory.limit_in_bytes" : "memory.max"), $"{megabytes}M");
    }

    /// <summary>Starts a program in it.</summary>
    public string[] Within => ["sh", "-c", $"echo $$ > {_directory}/cgroup.procs && exec \"$0\" \"$@\""];

    public long MostBytes => long.Parse(File.ReadAllText(Path.Combine(_directory, IsFirst ? "memory.max_usage_in_bytes" : "memory.peak")), CultureInfo.InvariantCulture);

    public void Dispose() => Directory.Delete(_directory); // of no program any more
}

/// <summary>A table for this kernel's eBPF and a <see cref="MemoryCgroup"/>: skipped, with the reason, where they cannot be had.</summary>
public sealed class CgroupTheoryAttribute : TheoryAttribute
{
    public CgroupTheoryAttribute() => Skip = KernelFactAttribute.Reason ?? Reason;

    private static string? Reason { get; } = FindReason();

    private static string? FindReason()
    {
        try
        {
            using var cgroup = new MemoryCgroup(64);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"no cgroup can be made: {e.Message}";
        }
    }
}
