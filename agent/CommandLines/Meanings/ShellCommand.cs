namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>A simple command of a script: its words without their quotes, and what it reads and writes.</summary>
internal sealed class ShellCommand
{
    public List<string> Words { get; init; } = [];

    /// <summary>What stands behind &lt; and &gt;; null for most.</summary>
    public List<string>? Files { get; set; }

    /// <summary>What it reads from a here-document or a here-string.</summary>
    public string? Input { get; set; }

    /// <summary>Whether the shell runs what is in $(…) in the here-document.</summary>
    public bool IsInputExpanded { get; set; }

    /// <summary>Whose output it reads by a pipe.</summary>
    public ShellCommand? From { get; set; }

    /// <summary>Whether what it prints goes to another command, or becomes a part of one, and not to people.</summary>
    public bool IsRead { get; set; }

    /// <summary>What it prints, as far as that is known.</summary>
    public string? Output { get; set; }

    public bool IsEmpty => Words.Count == 0 && Files is null;
}
