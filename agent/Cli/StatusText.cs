using System.Globalization;
using System.Text;
using System.Text.Json;
using Tallyman.Rendering;

namespace Tallyman.Agent.Cli;

/// <summary>The agent's page of itself, for people.</summary>
internal static class StatusText
{
    private const double MiB = 1024 * 1024;

    public static string Of(JsonElement page)
    {
        var text = new StringBuilder();
        Add(text, Text(page, "state"), $"tallyman {Text(page, "version")} on {Text(page, "host")}, pid {page.GetProperty("pid").GetInt32()}, since {Time(page.GetProperty("started"))}");
        foreach (JsonElement ailment in page.GetProperty("ailments").EnumerateArray())
        {
            Add(text, "  wrong", SafeText.Escape(ailment.GetString()!));
        }

        foreach (JsonProperty probe in page.GetProperty("probes").EnumerateObject().Where(static probe => probe.Value.ValueKind == JsonValueKind.String))
        {
            Add(text, $"  no {SafeText.Escape(probe.Name)}", SafeText.Escape(probe.Value.GetString()!));
        }

        Add(text, "source", Text(page, "source") is { Length: > 0 } source ? source : "none");
        JsonElement configuration = page.GetProperty("configuration");
        Add(text, "configuration", $"{(configuration.GetProperty("taken").GetBoolean() ? "taken" : "refused, the one before it stays in use,")} {Time(configuration.GetProperty("read"))}");
        foreach (JsonElement exception in page.GetProperty("exceptions").EnumerateArray())
        {
            Add(text, "exception", $"{Text(exception, "name")}: {exception.GetProperty("hits").GetInt64()} alerts, {(exception.GetProperty("expired").GetBoolean() ? "has expired, was" : "holds")} until {Text(exception, "until")}");
        }

        JsonElement sequence = page.GetProperty("sequence");
        Add(text, "sequence", $"acknowledged {sequence.GetProperty("acknowledged").GetUInt64()}, sent {sequence.GetProperty("sent").GetUInt64()}, next {sequence.GetProperty("next").GetUInt64()}");
        JsonElement spool = page.GetProperty("spool");
        Add(text, "spool", $"{spool.GetProperty("records").GetInt64()} records, {spool.GetProperty("bytes").GetInt64() / MiB:0.0} of {spool.GetProperty("max_bytes").GetInt64() / MiB:0.0} MiB");
        AddDelivery(text, page);
        string[] lost = [.. page.GetProperty("lost").EnumerateObject().Select(static reason => $"{SafeText.Escape(reason.Name)} {reason.Value.GetUInt64()}")];
        Add(text, "lost", lost.Length > 0 ? string.Join(", ", lost) : "nothing");
        return text.ToString().TrimEnd('\n');
    }

    private static void AddDelivery(StringBuilder text, JsonElement page)
    {
        JsonElement collectors = page.GetProperty("collectors");
        foreach (JsonElement collector in collectors.EnumerateArray())
        {
            Add(text, "collector", $"{Text(collector, "url")} {(collector.GetProperty("connected").GetBoolean() ? "connected" : "not in use")}");
        }

        if (collectors.GetArrayLength() > 0)
        {
            Add(text, "last ack", page.TryGetProperty("last_ack_age_seconds", out JsonElement age) ? $"{age.GetDouble():0} s ago" : $"none in this run");
        }

        if (page.TryGetProperty("certificate_expires", out JsonElement expires))
        {
            Add(text, "certificate", $"until {Time(expires)}");
        }
    }

    private static void Add(StringBuilder text, string name, FormattableString value) => Add(text, name, FormattableString.Invariant(value));

    private static void Add(StringBuilder text, string name, string value) => text.Append(CultureInfo.InvariantCulture, $"{name,-14}{value}\n");

    private static string Text(JsonElement parent, string name) => SafeText.Escape(parent.GetProperty(name).GetString()!);

    private static string Time(JsonElement time) => time.GetDateTimeOffset().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
