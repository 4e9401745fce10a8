using System.Text;
using System.Text.Json;

namespace Tallyman.Collector.Ingest;

/// <summary>Names and numbers as a JSON object.</summary>
internal static class CountersJson
{
    public static string Write(IEnumerable<(string Name, ulong Count)> counters)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach ((string name, ulong count) in counters)
            {
                json.WriteNumber(name, count);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }
}
