namespace Tallyman.Agent;

/// <summary>
/// Bytes that may wait in memory, for whom: as much as is of use, and in a container or unit with little memory a share of that.
/// Attackers choose how long a command line is.
/// </summary>
/// <param name="Events">Executions that are not judged yet.</param>
/// <param name="Spool">Records that are not on disk yet.</param>
/// <param name="HeldAlerts">Alerts of a flood that are to become summaries.</param>
/// <param name="PrintedAlerts">Alerts that standard output has not taken.</param>
/// <param name="History">Patterns of alerts that there were.</param>
internal readonly record struct MemoryBounds(long Events, long Spool, long HeldAlerts, long PrintedAlerts, long History)
{
    private const long MiB = 1024 * 1024;

    /// <param name="available">Bytes that the process may have.</param>
    public static MemoryBounds Of(long available) => new(
        Events: Math.Min(64 * MiB, available / 12),
        Spool: Math.Min(32 * MiB, available / 12),
        HeldAlerts: Math.Min(16 * MiB, available / 24),
        PrintedAlerts: Math.Min(8 * MiB, available / 48),
        History: Math.Min(2 * MiB, available / 96));
}
