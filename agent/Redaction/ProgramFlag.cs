using System.Text;

namespace Tallyman.Agent.Redaction;

/// <summary>A flag with a secret of a program that is none of the tools.</summary>
/// <param name="Name">Without its dashes; with its slash, up to the value, if it has one instead: /p:.</param>
/// <param name="Switches">Letters that may stand in front of it in a bundle.</param>
/// <param name="IsAttached">Whether the value can only stand in the same word.</param>
internal sealed record ProgramFlag(string Name, SecretForm Form, string Switches, bool IsAttached)
{
    /// <summary>Where the value begins in a word that is this flag: its length if that is the next word, -1 if it is another flag.</summary>
    public int ValueIn(ReadOnlySpan<byte> word)
    {
        if (Name[0] == '/')
        {
            return word.Length >= Name.Length && Ascii.Equals(word[..Name.Length], Name) ? Name.Length : -1;
        }

        int dashes = word.Length - word.TrimStart((byte)'-').Length;
        ReadOnlySpan<byte> text = word[dashes..];
        if (Name.Length > 1)
        {
            bool isThis = text.Length >= Name.Length && Ascii.Equals(text[..Name.Length], Name) && (text.Length == Name.Length || text[Name.Length] == '=');
            return isThis ? Math.Min(word.Length, dashes + Name.Length + 1) : -1;
        }

        int letter = text.IndexOf((byte)Name[0]);
        bool isInBundle = dashes == 1 && letter >= 0 && !text[..letter].ContainsAnyExcept(Encoding.ASCII.GetBytes(Switches));
        return isInBundle ? dashes + letter + 1 : -1;
    }
}
