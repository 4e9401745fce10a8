using System.Text.Json;
using Tallyman.Collector.Export;
using Tallyman.Collector.Store;
using Tallyman.Rendering;

namespace Tallyman.Collector.Cli;

/// <summary>What is stored beside alerts, as lines of JSON.</summary>
internal static class StateJson
{
    public static string Write(Finding finding) => Write(json =>
    {
        AlertJson.WriteText(json, "agent_id", finding.AgentId);
        AlertJson.WriteText(json, "kind", finding.Kind);
        json.WriteString("since", finding.Since);
        if (finding.Until is DateTimeOffset until)
        {
            json.WriteString("until", until);
        }

        json.WriteNumber("count", finding.Count);
        AlertJson.WriteText(json, "detail", finding.Detail);
    });

    public static string Write(StoredGap stored) => Write(json =>
    {
        AlertJson.WriteText(json, "agent_id", stored.AgentId);
        json.WriteNumber("sequence", stored.Gap.Sequence);
        AlertJson.WriteText(json, "reason", stored.Gap.Reason);
        json.WriteNumber("count", stored.Gap.Count);
        json.WriteBoolean("count_is_exact", stored.Gap.CountIsExact);
        json.WriteString("first", stored.Gap.First);
        json.WriteString("last", stored.Gap.Last);
    });

    public static string Write(StoredTrail stored) => Write(json =>
    {
        AlertJson.WriteText(json, "agent_id", stored.AgentId);
        json.WriteNumber("sequence", stored.Trail.Sequence);
        json.WriteString("time", stored.Trail.Time);
        AlertJson.WriteText(json, "what", stored.Trail.What);
        AlertJson.WriteText(json, "detail", stored.Trail.Detail);
    });

    public static string Write(ForwarderState forwarder) => Write(json =>
    {
        json.WriteString("destination", forwarder.Name);
        json.WriteString("seen", forwarder.Seen);
        json.WriteNumber("forwarded", forwarder.Progress.Forwarded);
        json.WriteNumber("refused", forwarder.Progress.Refused);
        json.WriteNumber("missed", forwarder.Progress.Missed);
        json.WriteNumber("waiting", forwarder.Waiting);
    });

    public static string Write(StoredHost host) => Write(json =>
    {
        AlertJson.WriteText(json, "agent_id", host.AgentId);
        AlertJson.WriteText(json, "host", host.Host);
        AlertJson.WriteText(json, "version", host.Version);
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
        AlertJson.WriteText(json, "collector", collector.Name);
        json.WriteString("seen", collector.Seen);
        json.WritePropertyName("counters");
        json.WriteRawValue(collector.Counters);
    });

    private static string Write(Action<Utf8JsonWriter> members) => JsonLine.Write(json =>
    {
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
    });
}
