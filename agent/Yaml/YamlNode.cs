namespace Tallyman.Agent.Yaml;

/// <summary>A node of a YAML document, with the line in which it begins, from 1.</summary>
public abstract record YamlNode(int Line)
{
    /// <summary>A tag that YAML itself does not know, "!reset"; null if there is none.</summary>
    public string? Tag { get; init; }

    /// <summary>What the reader's caller has marked it with: where it comes from, when documents are put together.</summary>
    public object? Origin { get; init; }
}

/// <param name="IsPlain">Written without quotes: only then may it be something else than text.</param>
public sealed record YamlScalar(int Line, string Text, bool IsPlain) : YamlNode(Line);

public sealed record YamlSequence(int Line, IReadOnlyList<YamlNode> Items) : YamlNode(Line);

/// <summary>Keys are scalars; one key stands once.</summary>
public sealed record YamlMapping(int Line, IReadOnlyList<KeyValuePair<YamlScalar, YamlNode>> Entries) : YamlNode(Line)
{
    public YamlNode? Find(string key)
    {
        foreach (KeyValuePair<YamlScalar, YamlNode> entry in Entries)
        {
            if (entry.Key.Text == key)
            {
                return entry.Value;
            }
        }

        return null;
    }
}

/// <summary>The text is no YAML, or is beyond the bounds. The message says what, the line where.</summary>
public sealed class YamlException(int line, string message) : Exception(message)
{
    public int Line { get; } = line;
}
