using System.Buffers;
using System.Text;

namespace Tallyman.Agent.Redaction;

/// <summary>Secrets in statements: IDENTIFIED BY 'x' and PASSWORD 'x' in SQL, in any case and with either quote.</summary>
internal static class PhraseSecrets
{
    private static readonly SearchValues<string> Phrases = SearchValues.Create(["password", "identified by", "auth_string"], StringComparison.OrdinalIgnoreCase);

    public static void Find(Word word, int from, SecretSpans found)
    {
        if (!word.Text.ContainsAny((byte)'\'', (byte)'"'))
        {
            return;
        }

        string text = Encoding.Latin1.GetString(word.Text); // one character a byte
        for (int i = from; i < text.Length && text.AsSpan(i).IndexOfAny(Phrases) is int next and >= 0;)
        {
            i += next;
            int quote = i + text.AsSpan(i).IndexOfAny('\'', '"');
            i += text[i] is 'i' or 'I' ? "identified by".Length : "password".Length;
            if (quote <= i || text[i..quote].AsSpan().IndexOfAnyExcept(" \t\\=(") >= 0)
            {
                continue;
            }

            int end = text.IndexOf(text[quote], quote + 1);
            end = end < 0 ? text.Length : end;
            found.Add(word, quote + 1, text[end - 1] == '\\' ? end - 1 : end, "phrase in front of a secret");
            i = end;
        }
    }
}
