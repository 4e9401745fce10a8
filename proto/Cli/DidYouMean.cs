namespace Tallyman.Cli;

/// <summary>What somebody may have meant who wrote a name that is none.</summary>
public static class DidYouMean
{
    private const int MostMistakes = 3;
    private const int Longest = 64;

    /// <returns>": did you mean spool.size?", or nothing where no name is near.</returns>
    public static string Of(string written, IEnumerable<string> names)
    {
        string? nearest = names
            .Select(name => (Name: name, Mistakes: Math.Min(Mistakes(written, name), Mistakes(written, name[(name.LastIndexOf('.') + 1)..]))))
            .Where(candidate => candidate.Mistakes <= Math.Min(MostMistakes, candidate.Name.TrimStart('-').Length / 3))
            .OrderBy(static candidate => candidate.Mistakes)
            .Select(static candidate => candidate.Name)
            .FirstOrDefault();
        return nearest is null ? "" : $": did you mean {nearest}?";
    }

    /// <summary>Letters to add, remove or change (Levenshtein).</summary>
    private static int Mistakes(string one, string other)
    {
        if (one.Length > Longest)
        {
            return int.MaxValue;
        }

        int[] row = [.. Enumerable.Range(0, other.Length + 1)];
        for (int i = 1; i <= one.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.Length; j++)
            {
                int changed = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
