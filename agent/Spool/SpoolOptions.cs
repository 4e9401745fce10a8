namespace Tallyman.Agent.Spool;

/// <param name="Directory">The state directory.</param>
/// <param name="Size">Bytes that the file may have.</param>
internal sealed record SpoolOptions(string Directory, long Size)
{
    public const long DefaultSize = 256 * 1024 * 1024;

    /// <summary>Several times what may be under way to a collector, which cannot make room.</summary>
    public const long LeastSize = 16 * 1024 * 1024;

    /// <summary>Bytes of records that may wait for the disk.</summary>
    public long MemoryBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>When a disk that failed is tried again.</summary>
    public TimeSpan RetryEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long acknowledged records are kept for a collector that loses them, and how many bytes of them.</summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromMinutes(10);

    public long KeepBytes { get; init; } = 16 * 1024 * 1024;
}
