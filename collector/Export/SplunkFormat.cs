using System.Globalization;
using System.Text.Json.Nodes;
using Tallyman.Collector.Store;

namespace Tallyman.Collector.Export;

/// <summary>
/// An event for Splunk's HTTP Event Collector. The published search of T1610 reads <c>host</c>, <c>user</c>, <c>cmd</c> and
/// <c>comm</c>; beside those stand the names of the Common Information Model's Endpoint.Processes. It has a <c>process</c>, too,
/// which is left out: the published search takes that for the executable.
/// </summary>
internal static class SplunkFormat
{
    /// <summary>A name of the model, and the column that it is another name of.</summary>
    private static readonly (string Name, string Column)[] Model =
    [
        ("dest", "host"),
        ("user_id", "uid"),
        ("process_id", "pid"),
        ("process_name", "comm"),
        ("process_path", "proc"),
        ("process_current_directory", "cwd"),
        ("process_guid", "id"),
        ("parent_process_id", "ppid"),
        ("parent_process_name", "parent_comm"),
        ("mitre_technique_id", "techniques"),
    ];

    /// <summary>Splunk's own fields, which stand around the event; twice they would have two values.</summary>
    private static readonly string[] Around = ["time", "host", "source"];

    private static readonly (string Name, Func<StoredAlert, object?> Value)[] Fields =
    [
        .. AlertColumns.All.Where(static column => !Around.Contains(column.Name)).Select(static column => (column.Name, column.Value)),
        .. Model.Select(static alias => (alias.Name, AlertColumns.All.First(column => column.Name == alias.Column).Value)),
    ];

    public static string Write(StoredAlert stored, string sourceType)
    {
        var fields = new JsonObject();
        foreach ((string name, Func<StoredAlert, object?> value) in Fields)
        {
            fields[name] = Node(value(stored));
        }

        long milliseconds = stored.Alert.Time.ToDateTimeOffset().ToUnixTimeMilliseconds();
        return JsonLine.Write(new JsonObject
        {
            ["time"] = Math.Max(milliseconds, 0) / 1000m,
            ["host"] = stored.Alert.Host?.Name,
            ["source"] = $"tallyman:{stored.Alert.Source}",
            ["sourcetype"] = sourceType,
            ["event"] = fields,
        });
    }

    private static JsonNode? Node(object? value) => value switch
    {
        null => null,
        string text => text,
        bool truth => truth,
        _ => Convert.ToUInt64(value, CultureInfo.InvariantCulture),
    };
}
