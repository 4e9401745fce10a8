using System.Text;
using System.Text.Json;
using Tallyman.Collector.Store;

namespace Tallyman.Collector.Cli;

/// <summary>Findings, hosts and collectors as lines of JSON.</summary>
internal static class StateJson
{
    public static string Write(Finding finding) => Write(json =>
    {
        json.WriteString("agent_id", finding.AgentId);
        json.WriteString("kind", finding.Kind);
        json.WriteString("since", finding.Since);
        if (finding.Until is DateTimeOffset until)
        {
            json.WriteString("until", until);
        }

        json.WriteNumber("count", finding.Count);
        json.WriteString("detail", finding.Detail);
    });

    public static string Write(StoredHost host) => Write(json =>
    {
        json.WriteString("agent_id", host.AgentId);
        json.WriteString("host", host.Host);
        json.WriteString("version", host.Version);
        json.WriteString("seen", host.Seen);
        if (host.SilentSince is DateTimeOffset since)
        {
            json.WriteString("silent_since", since);
        }

        json.WritePropertyName("counters");
        json.WriteRawValue(host.Counters);
    });

    public static string Write(CollectorState collector) => Write(json =>
    {
        json.WriteString("collector", collector.Name);
        json.WriteString("seen", collector.Seen);
        json.WritePropertyName("counters");
        json.WriteRawValue(collector.Counters);
    });

    private static string Write(Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }
}
