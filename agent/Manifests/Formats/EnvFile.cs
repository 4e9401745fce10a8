using Tallyman.Agent.Model;
using Tallyman.Agent.Yaml;

namespace Tallyman.Agent.Manifests.Formats;

/// <summary>
/// Lines of NAME=VALUE, of docker, podman and compose. Of values only where they end is looked at: compose lets those in
/// quotes go over lines, and a line of a key must not be taken for a name.
/// </summary>
internal static class EnvFile
{
    private const int MostLines = 20_000;
    private const int LongestName = 256;

    public static void Read(ManifestReading reading, string text)
    {
        int lines = 0;
        for (int start = 0; start < text.Length;)
        {
            int end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end;
            if (++lines > MostLines)
            {
                reading.Fail($"lines may be {MostLines}, are more");
                return;
            }

            ReadOnlySpan<char> line = text.AsSpan(start, end - start).Trim();
            line = line.StartsWith("export ") ? line["export ".Length..].TrimStart() : line;
            int equals = line.IndexOf('=');
            ReadOnlySpan<char> name = (equals < 0 ? line : line[..equals]).TrimEnd();
            if (name is ['#', ..] || name.Length is 0 or > LongestName || name.ContainsAny(' ', '\t'))
            {
                start = end + 1;
                continue;
            }

            reading.Add(FactKind.EnvironmentVariable, Cursor.Root(new YamlScalar(lines, "", false), name.ToString()), name.ToString());
            start = (equals < 0 ? end : EndOfValue(text, start, end)) + 1;
        }
    }

    /// <summary>The end of the line in which the value ends: this one, or that of the closing quote.</summary>
    private static int EndOfValue(string text, int start, int end)
    {
        int value = text.IndexOf('=', start) + 1;
        while (value < end && text[value] is ' ' or '\t')
        {
            value++;
        }

        if (value >= end || text[value] is not ('"' or '\''))
        {
            return end;
        }

        char quote = text[value];
        for (int i = value + 1; i < text.Length; i++)
        {
            if (text[i] == '\\' && quote == '"')
            {
                i++;
            }
            else if (text[i] == quote)
            {
                return text.IndexOf('\n', i) is int newline and >= 0 ? newline : text.Length;
            }
        }

        return end;
    }
}
