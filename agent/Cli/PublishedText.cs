using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Published;
using Tallyman.Agent.Rules;

namespace Tallyman.Agent.Cli;

/// <summary>What the published regular expressions say of the same line, and why that differs from what the rules of the same profile say.</summary>
internal static class PublishedText
{
    public static string Write(Scored scored, ImmutableArray<ArgumentReading> roles)
    {
        PublishedVerdict theirs = PublishedQueries.Ask(scored.Process, scored.Argv);
        Verdict ours = scored.Invocation is Invocation invocation
            ? RuleSet.Shipped("published").Judge(invocation)
            : new Verdict([], 0, default, "published");
        PublishedDifference[] differences = [.. new PublishedDifferences(scored, roles, ours, theirs).Find()];

        var text = new StringBuilder("published regular expressions");
        text.Append(differences.Length == 0 ? ":\n" : " -> the rules of --profile published:\n");
        text.Append(CultureInfo.InvariantCulture, $"  risk_score {Change(theirs.Scores.RiskScore, ours.RiskScore)}");
        text.Append(CultureInfo.InvariantCulture, $"  suspicion_score {Change(theirs.Scores.Parts.Sum, ours.Parts.Sum)}");
        text.Append(CultureInfo.InvariantCulture, $"  {Change(NameOf(theirs.Scores), NameOf(ours))}");
        text.Append(differences.Length == 0 ? "; the rules of --profile published say the same\n" : "\n");
        foreach (PublishedDifference each in differences)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {each.Name,-16} {each.Theirs,2} -> {each.Ours,-2}  {each.Reason}\n");
        }

        if (theirs.IsCut)
        {
            text.Append(CultureInfo.InvariantCulture, $"  (of this line, they searched the first {JoinedLine.MostBytes} bytes)\n");
        }

        return text.ToString();
    }

    private static string Change<T>(T theirs, T ours) => Equals(theirs, ours) ? $"{theirs}" : $"{theirs} -> {ours}";

    private static string NameOf(Verdict verdict) => verdict.IsAlert ? verdict.Severity.ToString().ToUpperInvariant() : "no alert";
}
