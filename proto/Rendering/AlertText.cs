using System.Globalization;
using System.Text;
using Tallyman.V1;

namespace Tallyman.Rendering;

/// <summary>An alert for people: a heading, the command line, who did it, and one line for each reason.</summary>
public static class AlertText
{
    private const string Reset = "\x1b[0m";
    private const string Bold = "\x1b[1m";
    private const string Faint = "\x1b[2m";

    /// <summary>Characters of the command line that are shown; a long one keeps its head and its tail.</summary>
    private const int CommandShown = 2000;

    /// <param name="colour">Only for a terminal whose user has not set NO_COLOR.</param>
    public static string Write(Alert alert, bool colour)
    {
        var text = new StringBuilder();
        string Paint(string paint, string what) => colour ? paint + what + Reset : what;

        Scores scores = alert.Scores;
        CommandLine line = alert.CommandLine;
        text.Append(NameOf(scores.Severity, colour));
        if (alert.Time is not null)
        {
            text.Append("  ").Append(alert.Time.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        }

        text.Append("  ").Append(Paint(Bold, $"{line.Tool} {line.Command}".TrimEnd()));
        text.Append(CultureInfo.InvariantCulture, $"  risk {scores.RiskScore}  suspicion {scores.SuspicionScore}");
        text.Append("  ").AppendJoin(' ', scores.Techniques);
        text.Append("\n  ").Append(SafeText.Shorten(Command(line), CommandShown));
        if (alert.Process is Process process)
        {
            foreach (string row in ActorText.Of(alert, process))
            {
                text.Append("\n  ").Append(Paint(Faint, row));
            }
        }

        if (alert.Seen is Seen seen)
        {
            text.Append(seen.Times == 1 ? "\n  the first of its kind" : string.Create(CultureInfo.InvariantCulture, $"\n  seen {seen.Times} times since {seen.Since.ToDateTimeOffset():yyyy-MM-dd HH:mm:ss'Z'}"));
        }

        if (alert.Lowered is Lowered lowered)
        {
            text.Append("\n  lowered from ").Append(AlertJson.NameOf(lowered.From)).Append(" by the exception ").Append(SafeText.Escape(lowered.Exception));
        }

        if (alert.Repeated > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  and {alert.Repeated} more like it");
        }

        if (line.Error.Length > 0)
        {
            text.Append("\n  error: ").Append(SafeText.Escape(line.Error));
        }

        foreach (Indicator indicator in alert.Indicators)
        {
            text.Append("\n  ").Append(Reason(indicator));
        }

        return text.Append('\n').ToString();
    }

    /// <summary>CRITICAL, in its colour where colours are wanted.</summary>
    public static string NameOf(Severity severity, bool colour) =>
        colour ? ColourOf(severity) + AlertJson.NameOf(severity) + Reset : AlertJson.NameOf(severity);

    /// <summary>The command line as words of a shell, safe to show and to paste.</summary>
    public static string Command(CommandLine line)
    {
        var text = new StringBuilder();
        for (int i = 0; i < line.Argv.Count; i++)
        {
            if (i > 0 && i == line.OmittedFrom && line.OmittedCount > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $" [{line.OmittedCount} arguments left out]");
            }

            text.Append(i == 0 ? "" : " ").Append(SafeText.Quote(line.Argv[i].Span));
        }

        if (line.MissingBytes > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $" [{line.MissingBytes} bytes missing]");
        }

        return text.ToString();
    }

    /// <summary>One reason as a row: id, where it stands, what stands there, what it is worth.</summary>
    public static string Reason(Indicator indicator)
    {
        string place = indicator.HasArg ? string.Create(CultureInfo.InvariantCulture, $"argv[{indicator.Arg}]") : "";
        string worth = indicator.Risk > 0 ? string.Create(CultureInfo.InvariantCulture, $"T1610 +{indicator.Risk}") : "";
        string weight = indicator.Weight > 0 ? string.Create(CultureInfo.InvariantCulture, $"T1059.013 {indicator.Component} {indicator.Weight}") : "";
        string evidence = SafeText.Shorten(SafeText.Escape(indicator.Evidence), 60);
        if (indicator.Value.Length > 0 && indicator.Value != indicator.Evidence)
        {
            evidence += $"  ({SafeText.Shorten(SafeText.Escape(indicator.Value), 60)})";
        }

        return $"{indicator.Id,-15} {place,-9} {evidence,-32} {worth,-10}  {weight}".TrimEnd();
    }

    private static string ColourOf(Severity severity) => severity switch
    {
        Severity.Critical => "\x1b[1;37;41m",
        Severity.High => "\x1b[1;31m",
        Severity.Medium => "\x1b[1;33m",
        _ => "",
    };
}
