using System.Globalization;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Configuration;
using Tallyman.Agent.Learning;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Tallyman.Rendering;

namespace Tallyman.Agent.Cli;

/// <summary>An alert with everything that explains it: what, why, who, how new, what is not known, and what an exception for it would be.</summary>
internal static class ExplainText
{
    /// <param name="rules">Those in use here; the alert may be of others.</param>
    /// <param name="now">For the day on which an exception would end.</param>
    public static string Write(V1.Alert alert, RuleSet rules, DateTimeOffset now, int width, bool colour)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{AlertText.NameOf(alert.Scores.Severity, colour)}  {Time(alert.Time)}  {SafeText.Escape(alert.Id)}\n\n");
        var argv = Argv.FromArea(alert.CommandLine.Argv.SelectMany(static argument => argument.Append((byte)0)).ToArray());
        Executable? program = Executables.All.FirstOrDefault(each => each.Tool.IsContainerTool() && each.Tool.Name() == alert.CommandLine.Tool);
        text.Append(AnswerText.Write(alert, argv, program is null ? [] : CommandLineReader.Roles(program, argv), rules, width, colour)).Append('\n');
        foreach ((string name, string value) in Rows(alert))
        {
            text.Append(CultureInfo.InvariantCulture, $"{name,-10} {value}\n");
        }

        AddException(text, alert, now);
        return text.ToString();
    }

    private static IEnumerable<(string Name, string Value)> Rows(V1.Alert alert)
    {
        foreach (V1.Manifest manifest in alert.CommandLine.Manifests)
        {
            yield return ("manifest", $"{SafeText.Escape(manifest.Name)}: {(manifest.Unread.Length > 0 ? $"not read, {manifest.Unread}" : manifest.Sha256.Length > 0 ? $"SHA-256 {manifest.Sha256}" : "read")}");
        }

        string name = "who";
        foreach (string row in ActorText.Of(alert, alert.Process))
        {
            yield return (name, row);
            name = "";
        }

        foreach ((string fact, string reason) in alert.Process.Missing.OrderBy(static each => each.Key, StringComparer.Ordinal))
        {
            yield return ("unknown", $"{SafeText.Escape(fact)}: {SafeText.Escape(reason)}");
        }

        if (alert.Seen is V1.Seen seen)
        {
            yield return ("seen", seen.Times == 1 ? "for the first time" : string.Create(CultureInfo.InvariantCulture, $"{seen.Times} times since {Time(seen.Since)}"));
        }

        if (alert.Repeated > 0)
        {
            yield return ("repeated", string.Create(CultureInfo.InvariantCulture, $"{alert.Repeated} more like it since {Time(alert.RepeatedSince)}, that no other alert tells of"));
        }

        if (alert.Lowered is V1.Lowered lowered)
        {
            yield return ("lowered", $"from {AlertJson.NameOf(lowered.From)} by the exception {SafeText.Escape(lowered.Exception)}");
        }

        if (alert.CommandLine.MissingBytes > 0)
        {
            yield return ("missing", string.Create(CultureInfo.InvariantCulture, $"{alert.CommandLine.MissingBytes} bytes of the command line could not be read"));
        }
    }

    private static void AddException(StringBuilder text, V1.Alert alert, DateTimeOffset now)
    {
        if (alert.Lowered is null && Proposal.TryOf([alert], 1 + alert.Repeated) is Proposal proposal)
        {
            text.Append("\nIf that is expected here, an exception, to be made narrower or wider, in ").Append(ConfigurationPlaces.SiteDirectory).Append("/exceptions.yaml:\n\nexceptions:\n");
            text.AppendJoin('\n', ProposalText.Lines(proposal, proposal.Name, now).Skip(1)).Append('\n'); // how often there is above
        }
    }

    private static string Time(Timestamp time) => time.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
