using System.Text.Json;

namespace Tallyman.Agent.Status;

/// <summary>Everything that there is to measure, as Prometheus reads it. docs/operations.md has the law that the numbers obey.</summary>
/// <param name="collectors">By the names that <see cref="DeliveryStatus.Connected"/> gives.</param>
public sealed class Metrics(
    string version, Func<IEnumerable<string>> collectors, StatusReport report, Counters counters, DeliveryStatus delivery, Func<ProcessNumbers> process)
{
    private const double NanosecondsPerSecond = 1e9;

    public string Write()
    {
        var text = new PrometheusText();
        Dictionary<string, ulong> numbers = report.Counters().ToDictionary();
        WriteEvents(text, numbers);
        foreach (CounterMetric metric in CounterMetrics.All)
        {
            text.Begin(metric.Name, metric.Type, metric.Help);
            foreach ((string labels, string counter) in metric.Samples)
            {
                text.Add(numbers.GetValueOrDefault(counter), labels);
            }
        }

        WriteDelivery(text, numbers);
        WriteSelf(text, numbers);
        return text.ToString();
    }

    private void WriteEvents(PrometheusText text, Dictionary<string, ulong> numbers)
    {
        ulong judged = numbers["events_watched"] + numbers["unknown_tools"];
        text.Begin("tallyman_events_total", "counter", "Executions of the tools by where they came from: a source, those that ran at the start, and alerts of earlier runs in the spool.")
            .Add(judged - numbers["events_auditd"], PrometheusText.Labels(("source", "ebpf")))
            .Add(numbers["events_auditd"], PrometheusText.Labels(("source", "auditd")))
            .Add(numbers["events_at_start"], PrometheusText.Labels(("source", "start")))
            .Add(numbers["alerts_carried_over"], PrometheusText.Labels(("source", "spool")));

        text.Begin("tallyman_events_lost_total", "counter", "What is lost, by reason: docs/delivery.md.");
        foreach ((string reason, ulong count) in Losses.Of(numbers))
        {
            text.Add(count, PrometheusText.Labels(("reason", reason)));
        }

        Write(text.Begin("tallyman_alerts_total", "counter", "Alerts by severity, tool and the rule of the leading indicator."), counters.Alerts);
        Write(text.Begin("tallyman_alerts_suppressed_total", "counter", "Alerts that a summary counts, by the rule of the leading indicator."), counters.Suppressed);
        Write(text.Begin("tallyman_indicators_total", "counter", "Reasons of alerts, by rule; an alert may have several."), counters.Indicators);
    }

    private void WriteDelivery(PrometheusText text, Dictionary<string, ulong> numbers)
    {
        text.Begin("tallyman_collector_connected", "gauge", "Which collector takes records.");
        foreach (string collector in collectors())
        {
            text.Add(collector == delivery.Connected ? 1ul : 0, PrometheusText.Labels(("collector", collector)));
        }

        Write(text.Begin("tallyman_collector_reconnects_total", "counter", "Streams that have ended, by their status of gRPC."), delivery.Ends);
        text.Begin("tallyman_last_ack_timestamp_seconds", "gauge", "When a collector has stored something last; 0 for never.").Add(Seconds(delivery.LastAck ?? DateTimeOffset.UnixEpoch));
        text.Begin("tallyman_delivery_latency_seconds", "histogram", "From an execution until a collector has stored its alert.").Add(delivery.Latency);
        text.Begin("tallyman_tls_certificate_expiry_timestamp_seconds", "gauge", "When the agent's certificate ends.");
        AddIfKnown(text, numbers, "tls_certificate_expires", PrometheusText.Labels(("role", "agent")));
        text.Begin("tallyman_spool_oldest_timestamp_seconds", "gauge", "When that happened which the oldest record tells of that waits; absent when nothing waits.");
        AddIfKnown(text, numbers, "spool_oldest");
    }

    private void WriteSelf(PrometheusText text, Dictionary<string, ulong> numbers)
    {
        text.Begin("tallyman_ailment", "gauge", "What is wrong with the agent; \"tallyman status\" gives the reasons.");
        foreach (Ailment ailment in Enum.GetValues<Ailment>())
        {
            text.Add(report.Health[ailment] is null ? 0ul : 1, PrometheusText.Labels(("ailment", JsonNamingPolicy.SnakeCaseLower.ConvertName(ailment.ToString()))));
        }

        ProcessNumbers self = process();
        text.Begin("tallyman_build_info", "gauge", "Which agent this is.").Add(1ul, PrometheusText.Labels(("version", version)));
        text.Begin("tallyman_config_last_reload_successful", "gauge", "Whether the configuration was taken when it was read last.").Add(report.Health[Ailment.ConfigurationRefused] is null ? 1ul : 0);
        text.Begin("tallyman_bpf_program_run_seconds_total", "counter", "Time of the kernel's part; counted with sysctl kernel.bpf_stats_enabled=1 only.")
            .Add(numbers.GetValueOrDefault("kernel_run_nanoseconds") / NanosecondsPerSecond);
        text.Begin("process_cpu_seconds_total", "counter", "Time of processors.").Add(self.Processor.TotalSeconds);
        text.Begin("process_resident_memory_bytes", "gauge", "Memory in use.").Add((ulong)self.ResidentBytes);
        text.Begin("process_open_fds", "gauge", "Open file descriptors.").Add((ulong)self.Descriptors);
        text.Begin("process_max_fds", "gauge", "File descriptors that may be open.").Add(self.MostDescriptors);
        text.Begin("process_threads", "gauge", "Threads.").Add((ulong)self.Threads);
        text.Begin("process_start_time_seconds", "gauge", "When the agent was started.").Add(Seconds(self.Started));
    }

    private static void AddIfKnown(PrometheusText text, Dictionary<string, ulong> numbers, string number, string labels = "")
    {
        if (numbers.TryGetValue(number, out ulong value))
        {
            text.Add(value, labels);
        }
    }

    private static void Write(PrometheusText text, Tally tally)
    {
        foreach ((string labels, ulong count) in tally.Read())
        {
            text.Add(count, labels);
        }
    }

    private static double Seconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;
}
