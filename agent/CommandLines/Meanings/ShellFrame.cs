namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>What the next word of a script is.</summary>
internal enum ShellOperand
{
    Word,

    /// <summary>Behind &lt; and &gt;.</summary>
    File,

    /// <summary>Behind &lt;&lt;&lt;.</summary>
    Input,

    /// <summary>Behind &lt;&lt;.</summary>
    Delimiter,
}

/// <summary>Where the reader of a script is in the script itself, or in a $(…) of it.</summary>
/// <param name="closing">What ends it; '\0' for the script itself.</param>
/// <param name="start">Where in the text that is collected its own begins.</param>
internal sealed class ShellFrame(char closing, int start)
{
    public char Closing => closing;

    public int Start => start;

    public ShellCommand Command { get; set; } = new();

    /// <summary>The command in front of this one.</summary>
    public ShellCommand? Last { get; set; }

    /// <summary>Whether a '|' stands between the two.</summary>
    public bool IsPiped { get; set; }

    public ShellOperand Next { get; set; }

    public bool InWord { get; set; }

    public bool HasQuotes { get; set; }

    /// <summary>Between double quotes.</summary>
    public bool IsQuoted { get; set; }

    /// <summary>No script but a here-document, in which quotes are nothing special.</summary>
    public bool IsText { get; set; }

    /// <summary>In $((…)), where &lt;&lt; is no here-document.</summary>
    public bool IsArithmetic { get; set; }

    public int Parentheses { get; set; }

    /// <summary>How many cases are open, in which a ')' closes nothing.</summary>
    public int Cases { get; set; }
}

/// <summary>Lines that a command reads, up to one that is the delimiter.</summary>
/// <param name="IsExpanded">Whether the shell replaces $(…) in them: the delimiter has no quotes.</param>
internal sealed record HereDocument(ShellCommand Command, string Delimiter, bool IsExpanded)
{
    /// <summary>Of &lt;&lt;- tabs may stand in front of it; of others too, to be safe: what follows is then read as commands.</summary>
    public bool EndsAt(ReadOnlySpan<char> line) => line.TrimStart('\t').SequenceEqual(Delimiter);
}
