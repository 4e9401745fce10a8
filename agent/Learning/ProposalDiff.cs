using System.Globalization;

namespace Tallyman.Agent.Learning;

/// <summary>Proposals as a new file of settings, in the form that patch(1) and reviews take.</summary>
internal static class ProposalDiff
{
    /// <param name="directory">Where the file would be.</param>
    public static IEnumerable<string> Lines(IReadOnlyList<Proposal> proposals, string directory, DateTimeOffset now)
    {
        if (proposals.Count == 0)
        {
            return [];
        }

        string[] lines = ["# Proposed by \"tallyman learn\". Each needs a reason and an owner.", "exceptions:", .. proposals.SelectMany((proposal, i) => ProposalText.Lines(proposal, UniqueName(proposals, i), now))];
        return
        [
            "--- /dev/null",
            $"+++ b{FreeName(directory, now)}",
            string.Create(CultureInfo.InvariantCulture, $"@@ -0,0 +1,{lines.Length} @@"),
            .. lines.Select(static line => "+" + line),
        ];
    }

    private static string UniqueName(IReadOnlyList<Proposal> proposals, int index)
    {
        int before = proposals.Take(index).Count(other => other.Name == proposals[index].Name);
        return before == 0 ? proposals[index].Name : string.Create(CultureInfo.InvariantCulture, $"{proposals[index].Name}-{before + 1}");
    }

    private static string FreeName(string directory, DateTimeOffset now)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{directory}/learned-{now.UtcDateTime:yyyy-MM-dd}");
        int count = 1;
        string path = name + ".yaml";
        while (File.Exists(path))
        {
            path = string.Create(CultureInfo.InvariantCulture, $"{name}-{++count}.yaml");
        }

        return path;
    }
}
