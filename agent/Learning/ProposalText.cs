using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Tallyman.Rendering;

namespace Tallyman.Agent.Learning;

/// <summary>Proposals as they would stand in a file of settings. Reason and owner are empty: without them no agent takes it.</summary>
internal static class ProposalText
{
    private const int Days = 90;

    /// <summary>Which YAML of one version or another takes for something else.</summary>
    private static readonly string[] Words = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];

    /// <param name="name">Of all in a file each must have its own.</param>
    public static IEnumerable<string> Lines(Proposal proposal, string name, DateTimeOffset now)
    {
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"  # {AlertJson.NameOf(proposal.Severity)}, {proposal.Times} {(proposal.Times == 1 ? "time" : "times")}, at last {proposal.Last.UtcDateTime:yyyy-MM-dd HH:mm:ss'Z'}{(proposal.IsPerson ? "; by somebody who had logged in" : "")}");
        yield return $"  - name: {name}";
        yield return "    match:";
        foreach ((string key, IReadOnlyList<string> values) in proposal.Match.Select(static condition => (condition.Key, (IReadOnlyList<string>)condition.Values)))
        {
            yield return $"      {key}: {(values.Count == 1 && key != "indicators" ? Scalar(values[0]) : $"[{string.Join(", ", values.Select(Scalar))}]")}";
        }

        yield return $"    effect: {(proposal.IsPerson ? "lower to MEDIUM" : "suppress")}";
        yield return string.Create(CultureInfo.InvariantCulture, $"    until: {now.UtcDateTime.AddDays(Days):yyyy-MM-dd}");
        yield return "    reason: \"\"";
        yield return "    owner: \"\"";
    }

    /// <summary>As it is where YAML has it for a text, else in quotes.</summary>
    private static string Scalar(string text) =>
        (text.All(char.IsAsciiDigit) || char.IsAsciiLetter(text[0]) || text[0] == '/')
        && text.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '_' or '.' or '-' or ' ')
        && !Words.Contains(text)
            ? text
            : $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
