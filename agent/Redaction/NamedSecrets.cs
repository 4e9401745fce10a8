using System.Buffers;
using System.Text;

namespace Tallyman.Agent.Redaction;

/// <summary>
/// Finds secrets by the names in front of them in any text: NAME=VALUE, name: value, "name":"value", ?name=value&amp;…,
/// &lt;name&gt;value&lt;/name&gt;, in lists, scripts, JSON and headers. One pass: what was found is not looked into again.
/// </summary>
internal sealed class NamedSecrets(SecretNames names)
{
    private const int LongestName = 128;

    /// <summary>Quotes, blanks and backslashes that may stand between a name, its sign and its value.</summary>
    private const int MostBetween = 8;

    private static readonly SearchValues<byte> Signs = SearchValues.Create("=:>"u8);
    private static readonly SearchValues<byte> NameCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"u8);
    private static readonly SearchValues<byte> Between = SearchValues.Create(" \t\\\"'"u8);
    private static readonly SearchValues<byte> BehindName = SearchValues.Create(" \t\\\"']"u8); // also x["name"] = "value"
    private static readonly SearchValues<byte> EndInScript = SearchValues.Create(" \t\r\n\"'`\\,;|&<>)}]"u8);
    private static readonly SearchValues<byte> EndInList = SearchValues.Create("\r\n\"'\\,;&"u8);
    private static readonly SearchValues<byte> EndOfLine = SearchValues.Create("\r\n\"'`"u8);

    /// <param name="isWhole">Whether NAME=VALUE that begins the text goes to its end, whatever blanks are in it.</param>
    /// <param name="isFree">Whether it is none of the tool's own words, of which many are name:tag and name:path.</param>
    public void Find(Word word, int from, bool isWhole, bool isFree, SecretSpans found)
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
            (int start, int end) = ValueAt(text, from, sign, isWhole, isFree);
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
    private (int Start, int End) ValueAt(ReadOnlySpan<byte> text, int from, int sign, bool isWhole, bool isFree)
    {
        int nameEnd = sign;
        while (nameEnd > from && sign - nameEnd < MostBetween && BehindName.Contains(text[nameEnd - 1]))
        {
            nameEnd--;
        }

        int nameStart = text[Math.Max(from, nameEnd - LongestName)..nameEnd].LastIndexOfAnyExcept(NameCharacters);
        nameStart = Math.Max(from, nameEnd - LongestName) + nameStart + 1;
        ReadOnlySpan<byte> name = text[nameStart..nameEnd];
        byte before = nameStart > from ? text[nameStart - 1] : default;
        bool isInQuery = before is (byte)'?' or (byte)'&' && names.IsSecretInQuery(name);
        if (name.IsEmpty || (!isInQuery && !names.IsSecret(name)))
        {
            return default;
        }

        if (text[sign] == '>')
        {
            int close = before == '<' && nameEnd == sign ? text[sign..].IndexOf((byte)'<') : -1;
            return close < 0 ? default : (sign + 1, sign + close);
        }

        bool isHeader = text[sign] == ':' && before != '/' && names.IsSecretHeader(name);
        bool isQuoted = text[nameEnd..sign].ContainsAny((byte)'"', (byte)'\'');
        int start = sign + (text[sign..].StartsWith(":="u8) ? 2 : 1);
        if (text[sign] == ':' && !isHeader && !isQuoted && (start >= text.Length || !Between.Contains(text[start]))
            && !(isFree && before != '/' && start < text.Length && text[start] is not ((byte)'/' or (byte)':') && names.IsSecretBeforeColon(name)))
        {
            return default; // name:tag, name:/path
        }

        int first = text[start..].IndexOfAnyExcept((byte)' ', (byte)'\t') + start;
        if (first - sign is > 0 and <= MostBetween && text[first] == '[')
        {
            return ListAt(text, first + 1, name);
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

    /// <summary>passwords=["x", "y"]; a list of secrets has only their names.</summary>
    private static (int Start, int End) ListAt(ReadOnlySpan<byte> text, int start, ReadOnlySpan<byte> name)
    {
        bool isOfNames = name.Length >= "secrets".Length && Ascii.EqualsIgnoreCase(name[^"secrets".Length..], "secrets");
        int length = text[start..].IndexOfAny("]{["u8);
        int end = length < 0 ? text.Length : start + length;
        if (isOfNames || (length >= 0 && text[end] != ']'))
        {
            return default;
        }

        ReadOnlySpan<byte> items = text[start..end];
        int first = items.IndexOfAnyExcept(Between);
        return first < 0 ? default : (start + first, start + items.LastIndexOfAnyExcept(Between) + 1);
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
