namespace Tallyman.Agent.Status;

/// <summary>Which counters count what is lost, and the reason that each stands for: docs/delivery.md.</summary>
public static class Losses
{
    /// <summary>Of executions, and of alerts that a collector refuses.</summary>
    public static readonly IReadOnlyList<(string Counter, string Reason)> Reported =
    [
        ("kernel_lost_watched", "ringbuf_full"),
        ("kernel_lost_unknown", "ringbuf_full"),
        ("kernel_missed", "kernel_missed"),
        ("kernel_failed_reads", "argv_read_fault"),
        ("lost_headless", "malformed"),
        ("lost_malformed", "malformed"),
        ("lost_queue_full", "queue_full"),
        ("lost_unknown_gone", "binary_gone"),
        ("lost_unknown_refused", "binary_refused"),
        ("lost_unknown_queue_full", "binary_queue_full"),
        ("lost_audit_kernel", "auditd_lost"),
        ("lost_audit_headless", "auditd_unparsed"),
        ("lost_audit_late", "auditd_unparsed"),
        ("lost_audit_malformed", "auditd_unparsed"),
        ("lost_audit_too_long", "auditd_unparsed"),
        ("lost_audit_undecodable", "auditd_unparsed"),
        ("lost_audit_gaps", "auditd_gap"),
        ("lost_nacked", "nacked"),
    ];

    /// <summary>Of alerts; the spool tells of them itself, in their places.</summary>
    public static readonly IReadOnlyList<(string Counter, string Reason)> InSpool =
    [
        ("lost_spool_evicted", "spool_evicted"),
        ("lost_spool_write_failed", "spool_write_failed"),
        ("lost_spool_corrupt", "spool_corrupt"),
    ];

    /// <summary>All of them by reason, those included of which nothing is lost.</summary>
    public static IEnumerable<KeyValuePair<string, ulong>> Of(IReadOnlyDictionary<string, ulong> counters) =>
        Reported.Concat(InSpool)
            .GroupBy(static row => row.Reason, row => counters.GetValueOrDefault(row.Counter))
            .Select(static lost => KeyValuePair.Create(lost.Key, lost.Aggregate(0ul, static (sum, each) => sum + each)));
}
