using System.Buffers;
using System.Text;
using System.Text.Json;
using Tallyman.V1;

namespace Tallyman.Rendering;

/// <summary>A record as one JSON object on one line: an alert as <see cref="AlertJson"/> has it, others with "record" to say what they are.</summary>
public static class RecordJson
{
    public static string Write(Record record, ulong sequence) => record.RecordCase switch
    {
        Record.RecordOneofCase.Gap => Write("gap", sequence, json =>
        {
            json.WriteString("reason", record.Gap.Reason);
            json.WriteNumber("count", record.Gap.Count);
            json.WriteBoolean("count_is_exact", record.Gap.CountIsExact);
            AlertJson.WriteTime(json, "first", record.Gap.First);
            AlertJson.WriteTime(json, "last", record.Gap.Last);
        }),
        Record.RecordOneofCase.Trail => Write("trail", sequence, json =>
        {
            AlertJson.WriteTime(json, "time", record.Trail.Time);
            json.WriteString("what", record.Trail.What);
            json.WriteString("detail", record.Trail.Detail);
        }),
        _ => AlertJson.Write(record.Alert ?? new Alert { CommandLine = new CommandLine() }, sequence),
    };

    private static string Write(string kind, ulong sequence, Action<Utf8JsonWriter> more)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("record", kind);
            json.WriteNumber("sequence", sequence);
            more(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
