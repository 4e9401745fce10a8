using System.Globalization;
using System.Text;
using System.Text.Json;
using Tallyman.Agent.Model;
using Tallyman.Agent.Sources;
using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;
using Tallyman.Agent.Suppression;
using Tallyman.Cli;

namespace Tallyman.Agent;

/// <summary>All that "tallyman status" shows, as JSON. docs/operations.md explains the fields.</summary>
/// <param name="collectors">By the names that <see cref="DeliveryStatus.Connected"/> gives.</param>
internal sealed class StatusPage(
    HostIdentity host, Func<IEnumerable<string>> collectors, StatusReport report, Probes probes, SourceLadder source, Live<Detector> detector, RecordSpool spool, DeliveryStatus delivery,
    TimeProvider time)
{
    private readonly DateTimeOffset _started = time.GetUtcNow();

    public string Write()
    {
        Dictionary<string, ulong> counters = report.Counters().ToDictionary();
        string[] ailments = [.. report.Health.Ailments()];
        var output = new MemoryStream();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("state", probes.Liveness() is not null ? "dead" : ailments.Length > 0 || probes.Readiness() is not null ? "degraded" : "healthy");
            json.WriteString("version", ProgramVersion.Text);
            json.WriteString("host", host.Name);
            json.WriteNumber("pid", Environment.ProcessId);
            json.WriteString("started", _started);
            json.WriteString("source", source.Name);
            WriteProbes(json);
            json.WriteStartArray("ailments");
            foreach (string ailment in ailments)
            {
                json.WriteStringValue(ailment);
            }

            json.WriteEndArray();
            json.WriteStartObject("configuration");
            json.WriteString("read", DateTimeOffset.FromUnixTimeSeconds((long)counters["configuration_read"]));
            json.WriteBoolean("taken", report.Health[Ailment.ConfigurationRefused] is null);
            json.WriteEndObject();
            WriteExceptions(json);
            WriteSpool(json);
            WriteDelivery(json, counters);
            WriteNumbers(json, "lost", Losses.Of(counters).Where(static lost => lost.Value > 0));
            WriteNumbers(json, "counters", counters);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(output.ToArray());
    }

    private void WriteProbes(Utf8JsonWriter json)
    {
        json.WriteStartObject("probes"); // null for yes
        json.WriteString("startup", probes.Startup());
        json.WriteString("liveness", probes.Liveness());
        json.WriteString("readiness", probes.Readiness());
        json.WriteEndObject();
    }

    private void WriteExceptions(Utf8JsonWriter json)
    {
        json.WriteStartArray("exceptions");
        foreach (AlertException exception in detector.Current.Exceptions.Exceptions)
        {
            json.WriteStartObject();
            json.WriteString("name", exception.Name);
            json.WriteString("origin", exception.Origin);
            json.WriteNumber("hits", exception.Hits);
            json.WriteString("until", exception.Until?.ToString("O", CultureInfo.InvariantCulture) ?? "never");
            json.WriteBoolean("expired", exception.HasExpired(time.GetUtcNow()));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteSpool(Utf8JsonWriter json)
    {
        SpoolRange range = spool.Range;
        SpoolStatus status = spool.Status;
        json.WriteStartObject("sequence");
        json.WriteString("epoch", $"{range.Epoch:x16}");
        json.WriteNumber("acknowledged", range.Acknowledged);
        json.WriteNumber("sent", range.Sent);
        json.WriteNumber("next", range.Next);
        json.WriteEndObject();
        json.WriteStartObject("spool");
        json.WriteNumber("records", status.Records);
        json.WriteNumber("bytes", status.Bytes);
        json.WriteNumber("max_bytes", status.Size);
        json.WriteNumber("in_memory", status.InMemory);
        json.WriteEndObject();
    }

    private void WriteDelivery(Utf8JsonWriter json, Dictionary<string, ulong> counters)
    {
        json.WriteStartArray("collectors");
        foreach (string collector in collectors())
        {
            json.WriteStartObject();
            json.WriteString("url", collector);
            json.WriteBoolean("connected", collector == delivery.Connected);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (delivery.LastAck is DateTimeOffset last)
        {
            json.WriteNumber("last_ack_age_seconds", Math.Max(0, Math.Round((time.GetUtcNow() - last).TotalSeconds, 3)));
        }

        if (counters.TryGetValue("tls_certificate_expires", out ulong expires))
        {
            json.WriteString("certificate_expires", DateTimeOffset.FromUnixTimeSeconds((long)expires));
        }
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<KeyValuePair<string, ulong>> numbers)
    {
        json.WriteStartObject(name);
        foreach ((string key, ulong value) in numbers)
        {
            json.WriteNumber(key, value);
        }

        json.WriteEndObject();
    }
}
