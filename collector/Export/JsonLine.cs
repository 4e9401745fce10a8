using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tallyman.Rendering;

namespace Tallyman.Collector.Export;

/// <summary>JSON on one line, which may be looked at: what a terminal might obey is escaped.</summary>
internal static class JsonLine
{
    public static string Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, AlertJson.Options))
        {
            write(json);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Members that are null or empty are not known, and left out.</summary>
    public static string Write(JsonObject tree) => Write(json => Write(json, tree));

    public static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(static text => (JsonNode?)text)]);

    private static void Write(Utf8JsonWriter json, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                json.WriteStartObject();
                foreach ((string name, JsonNode? value) in members)
                {
                    if (IsKnown(value))
                    {
                        json.WritePropertyName(name);
                        Write(json, value);
                    }
                }

                json.WriteEndObject();
                break;
            case JsonArray items:
                json.WriteStartArray();
                foreach (JsonNode? item in items)
                {
                    Write(json, item);
                }

                json.WriteEndArray();
                break;
            case JsonValue text when text.TryGetValue(out string? value):
                AlertJson.WriteText(json, value);
                break;
            default:
                node!.WriteTo(json);
                break;
        }
    }

    private static bool IsKnown(JsonNode? node) => node switch
    {
        null => false,
        JsonObject members => members.Any(static member => IsKnown(member.Value)),
        JsonArray items => items.Count > 0,
        JsonValue value => !value.TryGetValue(out string? text) || text.Length > 0,
        _ => true,
    };
}
