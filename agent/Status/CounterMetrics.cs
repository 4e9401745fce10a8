namespace Tallyman.Agent.Status;

/// <summary>A metric that is made of counters as they are.</summary>
/// <param name="Samples">Each with its labels, as in Prometheus' text.</param>
internal sealed record CounterMetric(string Name, string Type, string Help, params (string Labels, string Counter)[] Samples);

/// <summary>What becomes of counters that need no more than another name. docs/operations.md explains each counter.</summary>
internal static class CounterMetrics
{
    public static IReadOnlyList<CounterMetric> All { get; } =
    [
        new("tallyman_events_not_interesting_total", "counter", "Executions that are no reason for an alert.", ("", "not_interesting")),
        new("tallyman_alerts_excepted_total", "counter", "Alerts that an exception of the site suppresses.", ("", "excepted")),
        new("tallyman_alerts_lowered_total", "counter", "Alerts whose severity an exception of the site lowers.", ("", "lowered")),
        new("tallyman_acked_total", "counter", "Alerts that a collector has stored.", ("", "acknowledged_alerts")),
        new("tallyman_alerts_pending", "gauge", "Alerts that wait: on disk, in memory, for their summary.", ("", "pending_alerts")),
        new("tallyman_unaccounted", "gauge", "Executions under way within the agent; something is lost and not counted where it stays above 0.", ("", "unaccounted")),
        new("tallyman_executions_total", "counter", "Executions on this host, by what the kernel's part has made of them.",
            ("outcome=\"ignored\"", "kernel_ignored"),
            ("outcome=\"sent_watched\"", "kernel_sent_watched"),
            ("outcome=\"sent_unknown\"", "kernel_sent_unknown"),
            ("outcome=\"lost_watched\"", "kernel_lost_watched"),
            ("outcome=\"lost_unknown\"", "kernel_lost_unknown")),
        new("tallyman_binaries_identified_total", "counter", "Executions of binaries that nobody had looked into, by what they are.",
            ("outcome=\"tool\"", "unknown_tools"), ("outcome=\"other\"", "unknown_not_tools")),
        new("tallyman_manifests_total", "counter", "Manifests that command lines name, read or why not.",
            ("outcome=\"read\"", "manifests_read"),
            ("outcome=\"stdin\"", "manifests_unread_stdin"),
            ("outcome=\"remote\"", "manifests_unread_remote"),
            ("outcome=\"gone\"", "manifests_unread_gone"),
            ("outcome=\"not_allowed\"", "manifests_unread_not_allowed"),
            ("outcome=\"not_regular\"", "manifests_unread_not_regular"),
            ("outcome=\"file_system\"", "manifests_unread_file_system"),
            ("outcome=\"too_large\"", "manifests_unread_too_large"),
            ("outcome=\"changed\"", "manifests_unread_changed"),
            ("outcome=\"budget\"", "manifests_unread_budget"),
            ("outcome=\"invalid\"", "manifests_unread_invalid"),
            ("outcome=\"unsupported\"", "manifests_unread_unsupported")),
        new("tallyman_redacted_values_total", "counter", "Secrets that were taken out of alerts.", ("", "redacted_values")),
        new("tallyman_redaction_failed_total", "counter", "Alerts of whose command line nothing could leave.", ("", "redaction_failed")),
        new("tallyman_spool_bytes", "gauge", "What waits for a collector.", ("", "spool_bytes")),
        new("tallyman_spool_max_bytes", "gauge", "What may wait for a collector.", ("", "spool_max_bytes")),
        new("tallyman_spool_events", "gauge", "Records that wait for a collector.", ("", "spool_records")),
        new("tallyman_ringbuf_bytes", "gauge", "What the kernel has written to its ring buffers and the agent has not read yet.", ("ring=\"watched\"", "ring_watched_bytes"), ("ring=\"unknown\"", "ring_unknown_bytes")),
        new("tallyman_ringbuf_size_bytes", "gauge", "What there is room for in them.", ("ring=\"watched\"", "ring_watched_size_bytes"), ("ring=\"unknown\"", "ring_unknown_size_bytes")),
        new("tallyman_spool_failures_total", "counter", "Attempts to use the disk that failed.", ("", "spool_failures")),
        new("tallyman_collector_errors_total", "counter", "Streams that ended because of what a collector said.", ("", "collector_errors")),
        new("tallyman_config_reloads_total", "counter", "Changes of the configuration.", ("outcome=\"taken\"", "reloads"), ("outcome=\"refused\"", "reloads_refused")),
        new("tallyman_config_last_reload_timestamp_seconds", "gauge", "When the configuration was read last, taken or not.", ("", "configuration_read")),
        new("tallyman_source_active", "gauge", "Through what executions are seen.", ("source=\"ebpf\"", "source_ebpf"), ("source=\"auditd\"", "source_auditd")),
    ];
}
