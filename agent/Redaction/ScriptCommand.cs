namespace Tallyman.Agent.Redaction;

/// <summary>A simple command of a script, or a list of strings in JSON that may be one.</summary>
internal sealed class ScriptCommand
{
    public List<Word> Words { get; } = [];

    /// <summary>What it reads from a here-document or a here-string.</summary>
    public Word? Input { get; set; }

    /// <summary>What it prints, as far as that is known.</summary>
    public IEnumerable<Word> Output =>
        Words is [Word program, ..] && (program.Text.EndsWith("echo"u8) || program.Text.EndsWith("printf"u8)) ? Words.Skip(1).Where(static word => word.Text is not [(byte)'-', ..])
        : Input?.Lines() ?? [];
}
