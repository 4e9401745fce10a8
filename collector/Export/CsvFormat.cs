using System.Buffers;
using System.Globalization;
using Tallyman.Collector.Store;

namespace Tallyman.Collector.Export;

/// <summary>
/// RFC 4180, with a row of names first. Strings of the host are hostile: a spreadsheet takes a cell that begins with one of
/// <c>= + - @</c> for a formula, so such a cell gets an apostrophe in front, as does one that begins with an apostrophe, so that
/// it can be taken away again (OWASP, "CSV Injection"). Controls are escaped.
/// </summary>
internal static class CsvFormat
{
    // The wide ones are formulas to spreadsheets of East Asia.
    private const string Formula = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20'";

    private static readonly SearchValues<char> Special = SearchValues.Create("\",\r\n;\t");

    public static string AlertNames { get; } = Row(AlertColumns.All.Select(static column => column.Name));

    public static string GapNames { get; } = Row(["agent_id", "sequence", "reason", "count", "count_is_exact", "first", "last"]);

    public static string TrailNames { get; } = Row(["agent_id", "sequence", "time", "what", "detail"]);

    public static string FindingNames { get; } = Row(["agent_id", "kind", "since", "until", "count", "detail"]);

    public static string Write(StoredAlert stored) => Row(AlertColumns.All.Select(column => column.Value(stored)));

    public static string Write(StoredGap gap) => Row(
    [
        gap.AgentId, gap.Gap.Sequence, gap.Gap.Reason, gap.Gap.Count, gap.Gap.CountIsExact, ExportText.Of(gap.Gap.First), ExportText.Of(gap.Gap.Last),
    ]);

    public static string Write(StoredTrail stored) => Row([stored.AgentId, stored.Trail.Sequence, ExportText.Of(stored.Trail.Time), stored.Trail.What, stored.Trail.Detail]);

    public static string Write(Finding finding) => Row(
    [
        finding.AgentId,
        finding.Kind,
        ExportText.Of(finding.Since),
        finding.Until is DateTimeOffset until ? ExportText.Of(until) : null,
        finding.Count,
        finding.Detail,
    ]);

    /// <returns>The row with the first half of its end, <c>\r</c>; whoever writes lines adds the other.</returns>
    internal static string Row(IEnumerable<object?> values) => string.Join(',', values.Select(Cell)) + "\r";

    private static string Cell(object? value)
    {
        string text = value switch
        {
            null => "",
            bool truth => truth ? "true" : "false",
            string words => ExportText.Shown(words),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };
        if (text.Length > 0 && Formula.Contains(text[0]))
        {
            text = $"'{text}";
        }

        return text.AsSpan().ContainsAny(Special) ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}
