using System.Text;

namespace Tallyman.Agent.Redaction;

/// <summary>How a program that is none of the tools takes secrets.</summary>
internal sealed class ProgramSecrets
{
    public static readonly ProgramSecrets None = new();

    public List<ProgramFlag> Flags { get; } = [];

    public List<ProgramPositionals> Positionals { get; } = [];

    public List<ProgramInput> Inputs { get; } = [];
}

/// <summary>Arguments without a dash that are secrets: those from one place on behind the words of a subcommand.</summary>
internal sealed record ProgramPositionals(string[] Behind, int From, SecretForm Form)
{
    /// <param name="words">The program's arguments that are no flags.</param>
    public IEnumerable<Word> In(List<Word> words, SecretNames names) =>
        StartIn(words) is int start and >= 0 ? words.Skip(start).Where((_, i) => Form != SecretForm.Named || (start + i > 0 && names.IsSecret(words[start + i - 1].Text))) : [];

    private int StartIn(List<Word> words)
    {
        for (int i = 0; i + Behind.Length <= words.Count; i++)
        {
            if (Behind.Index().All(expected => Ascii.EqualsIgnoreCase(words[i + expected.Index].Text, expected.Item)))
            {
                return i + Behind.Length + From;
            }
        }

        return -1;
    }
}

/// <summary>A secret comes by a pipe: echo x | passwd --stdin.</summary>
/// <param name="Flag">The flag that asks for it; empty where the program does so anyway.</param>
internal sealed record ProgramInput(string Flag, SecretForm Form)
{
    public bool IsAskedFor(List<Word> command) => Flag.Length == 0 || command.Exists(word => Ascii.Equals(word.Text, Flag));
}
