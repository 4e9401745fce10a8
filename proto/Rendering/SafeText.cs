using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Tallyman.Rendering;

/// <summary>
/// Strings of the watched host as text that may go to any terminal, log or file. Whoever is watched chooses these
/// strings, so control characters, bidirectional and zero-width ones, and bytes that are no UTF-8 never come out as they are.
/// </summary>
public static class SafeText
{
    private static readonly SearchValues<byte> PlainInShell = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%^"u8);

    private static readonly SearchValues<char> PrintableAscii = SearchValues.Create(
        string.Create(0x7f - 0x20, 0, static (span, _) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = (char)(0x20 + i);
            }
        }));

    /// <summary>Whether the text may be shown as it is.</summary>
    public static bool IsSafe(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAnyExcept(PrintableAscii))
        {
            return true;
        }

        foreach (Rune rune in text.EnumerateRunes())
        {
            if (!IsSafe(rune))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The bytes as they are where they are UTF-8, else escaped: for fields and JSON, which escape in their own way when shown.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : Escape(bytes);

    /// <summary>The bytes as text: <c>\xNN</c> for what is no UTF-8 and for controls, <c>\u{…}</c> for other treacherous characters, <c>\\</c>.</summary>
    public static string Escape(ReadOnlySpan<byte> bytes)
    {
        if (Ascii.IsValid(bytes) && !bytes.ContainsAnyInRange((byte)0, (byte)0x1f) && !bytes.ContainsAny((byte)'\\', (byte)0x7f))
        {
            return Encoding.ASCII.GetString(bytes);
        }

        var text = new StringBuilder(bytes.Length + 16);
        while (!bytes.IsEmpty)
        {
            OperationStatus status = Rune.DecodeFromUtf8(bytes, out Rune rune, out int length);
            if (status != OperationStatus.Done)
            {
                AppendHex(text, bytes[..length]);
            }
            else if (rune.Value == '\\')
            {
                text.Append(@"\\");
            }
            else if (IsSafe(rune))
            {
                text.Append(rune.ToString());
            }
            else if (rune.IsAscii)
            {
                AppendHex(text, bytes[..length]);
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
            }

            bytes = bytes[length..];
        }

        return text.ToString();
    }

    public static string Escape(string text) => IsSafe(text) && !text.Contains('\\') ? text : Escape(Encoding.UTF8.GetBytes(text));

    /// <summary>The same for a text whose parts may be escaped already: backslashes stay as they are.</summary>
    public static string OneLine(string text) => IsSafe(text) ? text : string.Join('\\', text.Split('\\').Select(Escape));

    /// <summary>
    /// The bytes as one word of a shell: as they are, in <c>'…'</c>, or in <c>$'…'</c> with every treacherous byte
    /// as <c>\xNN</c>. Pasted into bash it is the same bytes again.
    /// </summary>
    public static string Quote(ReadOnlySpan<byte> word)
    {
        if (!word.IsEmpty && !word.ContainsAnyExcept(PlainInShell))
        {
            return Encoding.ASCII.GetString(word);
        }

        var text = new StringBuilder(word.Length + 16);
        bool escaped = false;
        for (ReadOnlySpan<byte> rest = word; !rest.IsEmpty;)
        {
            OperationStatus status = Rune.DecodeFromUtf8(rest, out Rune rune, out int length);
            if (status == OperationStatus.Done && IsSafe(rune))
            {
                text.Append(rune.ToString());
            }
            else
            {
                escaped = true;
                break;
            }

            rest = rest[length..];
        }

        return escaped ? QuoteEscaped(word) : $"'{text.Replace("'", @"'\''")}'";
    }

    private static string QuoteEscaped(ReadOnlySpan<byte> word)
    {
        var text = new StringBuilder("$'", word.Length + 16);
        while (!word.IsEmpty)
        {
            OperationStatus status = Rune.DecodeFromUtf8(word, out Rune rune, out int length);
            if (status != OperationStatus.Done || !IsSafe(rune))
            {
                AppendHex(text, word[..length]);
            }
            else if (rune.Value is '\\' or '\'')
            {
                text.Append('\\').Append((char)rune.Value);
            }
            else
            {
                text.Append(rune.ToString());
            }

            word = word[length..];
        }

        return text.Append('\'').ToString();
    }

    private static void AppendHex(StringBuilder text, ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}");
        }
    }

    private static bool IsSafe(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned => false,
        UnicodeCategory.SpaceSeparator => rune.Value == ' ', // others look like it and are not
        _ => rune.Value != 0xfffd,
    };

    /// <summary>Its head and its tail, where it is longer than that; never half a character.</summary>
    public static string Shorten(string text, int longest)
    {
        if (text.Length <= longest)
        {
            return text;
        }

        int head = (longest - 1) / 2;
        int tail = text.Length - (longest - 1 - head);
        head -= head > 0 && char.IsHighSurrogate(text[head - 1]) ? 1 : 0;
        tail += tail < text.Length && char.IsLowSurrogate(text[tail]) ? 1 : 0;
        return $"{text[..head]}…{text[tail..]}";
    }
}
