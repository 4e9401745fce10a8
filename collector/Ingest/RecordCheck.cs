using Tallyman.V1;

namespace Tallyman.Collector.Ingest;

/// <summary>What a record must have to be stored. Agents are trusted with their own host, not with the store.</summary>
internal static class RecordCheck
{
    private const int LongestId = 64;

    /// <returns>What is wrong with the record, or null.</returns>
    public static string? FlawOf(Record record) => record.RecordCase switch
    {
        Record.RecordOneofCase.Alert => FlawOf(record.Alert),
        Record.RecordOneofCase.Gap => record.Gap.Reason.Length == 0 ? "a gap must have a reason" : null,
        Record.RecordOneofCase.Trail => record.Trail.What.Length == 0 ? "an entry of the audit trail must say what happened" : null,
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

        return null;
    }
}
