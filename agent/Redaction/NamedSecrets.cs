using System.Buffers;

namespace Tallyman.Agent.Redaction;

/// <summary>
/// Finds secrets by the names in front of them in any text: NAME=VALUE, name: value, "name":"value", ?name=value&amp;…, in
/// lists, scripts, JSON and headers. One pass: what was found is not looked into again.
/// </summary>
internal sealed class NamedSecrets(SecretNames names)
{
    private const int LongestName = 128;

    /// <summary>Quotes, blanks and backslashes that may stand between a name, its sign and its value.</summary>
    private const int MostBetween = 8;

    private static readonly SearchValues<byte> Signs = SearchValues.Create("=:"u8);
    private static readonly SearchValues<byte> NameCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"u8);
    private static readonly SearchValues<byte> Between = SearchValues.Create(" \t\\\"'"u8);
    private static readonly SearchValues<byte> EndInScript = SearchValues.Create(" \t\r\n\"'`\\,;|&<>)}]"u8);
    private static readonly SearchValues<byte> EndInList = SearchValues.Create("\r\n\"'\\,;&"u8);
    private static readonly SearchValues<byte> EndOfLine = SearchValues.Create("\r\n\"'`"u8);

    /// <param name="isWhole">Whether NAME=VALUE that begins the text goes to its end, whatever blanks are in it.</param>
    public void Find(Word word, int from, bool isWhole, SecretSpans found)
    {
        ReadOnlySpan<byte> text = word.Text;
        for (int i = from; i < text.Length;)
        {
            int sign = text[i..].IndexOfAny(Signs);
            if (sign < 0)
            {
                return;
            }

            sign += i;
            (int start, int end) = ValueAt(text, from, sign, isWhole);
            if (start < end && !IsNone(word, text, start, end))
            {
                found.Add(word, start, end, "name that says so", isCertain: true);
                i = end;
            }
            else
            {
                i = sign + 1;
            }
        }
    }

    /// <summary>Where the secret is that the name in front of this sign announces; nothing if it announces none.</summary>
    private (int Start, int End) ValueAt(ReadOnlySpan<byte> text, int from, int sign, bool isWhole)
    {
        int nameEnd = sign;
        while (nameEnd > from && sign - nameEnd < MostBetween && Between.Contains(text[nameEnd - 1]))
        {
            nameEnd--;
        }

        int nameStart = text[Math.Max(from, nameEnd - LongestName)..nameEnd].LastIndexOfAnyExcept(NameCharacters);
        nameStart = Math.Max(from, nameEnd - LongestName) + nameStart + 1;
        ReadOnlySpan<byte> name = text[nameStart..nameEnd];
        if (name.IsEmpty || !names.IsSecret(name))
        {
            return default;
        }

        bool isHeader = text[sign] == ':' && names.IsSecretHeader(name);
        bool isQuoted = text[nameEnd..sign].ContainsAny((byte)'"', (byte)'\'');
        int start = sign + 1;
        if (text[sign] == ':' && !isHeader && !isQuoted && (start >= text.Length || !Between.Contains(text[start])))
        {
            return default; // name:tag, name:/path
        }

        if (isWhole && text[sign] == '=' && nameStart == from && nameEnd == sign)
        {
            return (start, text.Length);
        }

        while (start < text.Length && start - sign <= MostBetween && Between.Contains(text[start]))
        {
            start++;
            if (text[start - 1] is (byte)'"' or (byte)'\'')
            {
                bool isEscaped = text[start - 2] == '\\';
                return (start, start + QuotedLength(text[start..], text[start - 1], isEscaped));
            }
        }

        int length = text[start..].IndexOfAny(text[sign] == ':' ? EndOfLine : IsScript(text) ? EndInScript : EndInList);
        return (start, length < 0 ? text.Length : start + length);
    }

    /// <summary>How long a quoted value is. A quote that is not closed has everything.</summary>
    private static int QuotedLength(ReadOnlySpan<byte> text, byte quote, bool isEscaped)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length)
            {
                if (isEscaped && text[i + 1] == quote)
                {
                    return i;
                }

                i++;
            }
            else if (text[i] == quote)
            {
                return i;
            }
        }

        return text.Length;
    }

    /// <summary>Whether what stands there is no secret: a reference to a variable of a script, a word for nothing, a list of more.</summary>
    private static bool IsNone(Word word, ReadOnlySpan<byte> text, int start, int end)
    {
        ReadOnlySpan<byte> value = text[start..end];
        bool isQuoted = text[start - 1] is (byte)'"' or (byte)'\'';
        if (value.SequenceEqual("true"u8) || value.SequenceEqual("false"u8) || value.SequenceEqual("null"u8) || value.SequenceEqual("none"u8)
            || (!isQuoted && value[0] is (byte)'{' or (byte)'['))
        {
            return true;
        }

        return (!word.IsLiteral || IsScript(text)) && text[start - 1] != '\'' && Word.IsReference(value);
    }

    private static bool IsScript(ReadOnlySpan<byte> text) => text.ContainsAny((byte)' ', (byte)'\t', (byte)'\n');
}
