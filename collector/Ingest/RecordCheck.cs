using Google.Protobuf.WellKnownTypes;
using Tallyman.V1;

namespace Tallyman.Collector.Ingest;

/// <summary>What a record must have to be stored. Agents are trusted with their own host, not with the store.</summary>
internal static class RecordCheck
{
    private const int LongestId = 64;

    // protobuf, google/protobuf/timestamp.proto: from the year 1 to the year 9999.
    private const long FirstSecond = -62_135_596_800;
    private const long LastSecond = 253_402_300_799;

    /// <returns>What is wrong with the record, or null.</returns>
    public static string? FlawOf(Record record) => record.RecordCase switch
    {
        Record.RecordOneofCase.Alert => FlawOf(record.Alert),
        Record.RecordOneofCase.Gap when record.Gap.Reason.Length == 0 => "a gap must have a reason",
        Record.RecordOneofCase.Gap => FlawOf(record.Gap.First) ?? FlawOf(record.Gap.Last),
        Record.RecordOneofCase.Trail when record.Trail.What.Length == 0 => "an entry of the audit trail must say what happened",
        Record.RecordOneofCase.Trail => FlawOf(record.Trail.Time),
        _ => "a record must be an alert, a gap or an entry of the audit trail",
    };

    private static string? FlawOf(Alert alert)
    {
        if (alert.Id.Length is 0 or > LongestId || !alert.Id.All(char.IsAsciiLetterOrDigit))
        {
            return $"id must be 1 to {LongestId} letters and digits";
        }

        if (alert.CommandLine is null || alert.Scores is null || alert.Time is null)
        {
            return "command_line, scores and time must be there";
        }

        return FlawOf(alert.Time);
    }

    private static string? FlawOf(Timestamp? time) =>
        time is null or { Seconds: >= FirstSecond and <= LastSecond, Nanos: >= 0 and <= 999_999_999 }
            ? null
            : $"a time must be one of the years 1 to 9999, is {time.Seconds} s and {time.Nanos} ns after 1970";
}
