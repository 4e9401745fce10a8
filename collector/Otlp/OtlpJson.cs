using System.Globalization;
using System.Text.Json;
using Tallyman.Collector.Export;
using Tallyman.Rendering;

namespace Tallyman.Collector.Otlp;

/// <summary>
/// A request as one line of OTLP/JSON, as the file exporter and the file receiver of the OpenTelemetry Collector have it: names in
/// camel case, numbers of 64 bits as texts, enumerations as numbers.
/// </summary>
internal static class OtlpJson
{
    public static string Write(ExportLogsServiceRequest request) => JsonLine.Write(json =>
    {
        json.WriteStartObject();
        WriteArray(json, "resourceLogs", request.ResourceLogs, Write);
        json.WriteEndObject();
    });

    private static void Write(Utf8JsonWriter json, ResourceLogs logs)
    {
        json.WriteStartObject("resource");
        WriteArray(json, "attributes", logs.Resource.Attributes, Write);
        json.WriteEndObject();
        WriteArray(json, "scopeLogs", logs.ScopeLogs, Write);
    }

    private static void Write(Utf8JsonWriter json, ScopeLogs logs)
    {
        json.WriteStartObject("scope");
        json.WriteString("name", logs.Scope.Name);
        json.WriteEndObject();
        WriteArray(json, "logRecords", logs.LogRecords, Write);
    }

    private static void Write(Utf8JsonWriter json, LogRecord record)
    {
        WriteNumber(json, "timeUnixNano", record.TimeUnixNano);
        WriteNumber(json, "observedTimeUnixNano", record.ObservedTimeUnixNano);
        json.WriteNumber("severityNumber", record.SeverityNumber);
        json.WriteString("severityText", record.SeverityText);
        json.WriteString("eventName", record.EventName);
        json.WriteStartObject("body");
        Write(json, record.Body);
        json.WriteEndObject();
        WriteArray(json, "attributes", record.Attributes, Write);
    }

    private static void Write(Utf8JsonWriter json, KeyValue attribute)
    {
        json.WriteString("key", attribute.Key);
        json.WriteStartObject("value");
        Write(json, attribute.Value);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, AnyValue value)
    {
        switch (value.ValueCase)
        {
            case AnyValue.ValueOneofCase.StringValue:
                AlertJson.WriteText(json, "stringValue", value.StringValue);
                break;
            case AnyValue.ValueOneofCase.BoolValue:
                json.WriteBoolean("boolValue", value.BoolValue);
                break;
            case AnyValue.ValueOneofCase.IntValue:
                json.WriteString("intValue", value.IntValue.ToString(CultureInfo.InvariantCulture));
                break;
            case AnyValue.ValueOneofCase.ArrayValue:
                json.WriteStartObject("arrayValue");
                WriteArray(json, "values", value.ArrayValue.Values, Write);
                json.WriteEndObject();
                break;
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, ulong number)
    {
        if (number > 0)
        {
            json.WriteString(name, number.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static void WriteArray<T>(Utf8JsonWriter json, string name, IEnumerable<T> items, Action<Utf8JsonWriter, T> members)
    {
        json.WriteStartArray(name);
        foreach (T item in items)
        {
            json.WriteStartObject();
            members(json, item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
