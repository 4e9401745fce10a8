namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>What a grep looks for, and where.</summary>
internal static class SearchPattern
{
    /// <summary>The words without those that are only looked for: they lead nowhere.</summary>
    /// <param name="at">Where grep itself stands.</param>
    public static List<string> RemovedFrom(List<string> words, int at)
    {
        bool isGiven = words.Skip(at + 1).Any(static word => word.StartsWith("-f", StringComparison.Ordinal) || word.StartsWith("--file", StringComparison.Ordinal) || IsPatternFlag(word));
        List<string> left = words[..(at + 1)];
        for (int i = at + 1; i < words.Count; i++)
        {
            bool isPattern = IsPatternFlag(words[i]) || words[i - 1] == "--regexp" || (IsPatternFlag(words[i - 1]) && words[i - 1].IndexOf('e', StringComparison.Ordinal) == words[i - 1].Length - 1);
            if (!isPattern && !isGiven && words[i] is not ['-', ..] && words[i - 1] is not ("-A" or "-B" or "-C" or "-m"))
            {
                isPattern = isGiven = true;
            }

            if (!isPattern)
            {
                left.Add(words[i]);
            }
        }

        return left;
    }

    /// <summary>--regexp=PATTERN, -e, -ePATTERN, -rne.</summary>
    private static bool IsPatternFlag(string word) => word.StartsWith("--regexp", StringComparison.Ordinal) || (word is ['-', not '-', ..] && word.Contains('e'));
}
