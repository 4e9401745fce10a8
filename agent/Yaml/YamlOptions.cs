namespace Tallyman.Agent.Yaml;

/// <summary>What becomes of keys that stand twice.</summary>
public enum YamlKeys
{
    /// <summary>They are a mistake. What stands in a mapping goes before what is merged into it.</summary>
    Unique,

    /// <summary>The last wins.</summary>
    LastWins,

    /// <summary>
    /// The last wins, be it there or merged, and then keys are sorted: what sigs.k8s.io/yaml makes of YAML. The order tells
    /// which of two keys wins for a reader that takes them in any case.
    /// </summary>
    LastWinsSorted,
}

/// <summary>How much a text may hold, and how it is read. Bounds hold for all its documents together.</summary>
public sealed record YamlOptions
{
    /// <summary>For files of our own: one document, no aliases.</summary>
    public static YamlOptions Strict { get; } = new() { Nodes = int.MaxValue, Aliases = 0, Documents = 1, QuotesText = true };

    /// <summary>For files of anybody.</summary>
    public static YamlOptions Untrusted { get; } = new();

    public YamlKeys Keys { get; init; }

    public int Depth { get; init; } = 32;

    /// <summary>
    /// Scalars, sequences, mappings and keys. A long scalar counts as one for each 1,024 characters, and what is behind an
    /// alias counts each time.
    /// </summary>
    public int Nodes { get; init; } = 20_000;

    public int Aliases { get; init; } = 100;

    public int Documents { get; init; } = 50;

    /// <summary>Whether messages may show what stands in the text.</summary>
    public bool QuotesText { get; init; }
}
