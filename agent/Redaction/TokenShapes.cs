using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Tallyman.Agent.Redaction;

/// <summary>
/// Finds what is a secret by its form wherever it stands: tokens with a beginning of their own, the user information of a
/// URL, private keys in PEM. Never by how random it looks. One pass, and each byte is looked at a bounded number of times.
/// </summary>
internal sealed class TokenShapes
{
    private const string UrlRule = "password in a URL";
    private const int LongestUserInfo = 1024;

    private static readonly SearchValues<byte> Base64 = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-.~"u8);
    private static readonly SearchValues<byte> KeyCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8);
    private static readonly SearchValues<byte> WordCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"u8);
    private static readonly SearchValues<byte> AuthorityEnd = SearchValues.Create("/?#\\\"'<>` \t\r\n"u8);
    private static readonly SearchValues<byte> BetweenKeys = SearchValues.Create(" :,;|/=\"'\t\n"u8);

    private readonly List<Shape>[] _byFirst = [.. Enumerable.Range(0, 256).Select(static _ => new List<Shape>())];

    public TokenShapes(JsonElement rows)
    {
        foreach (JsonElement row in rows.EnumerateArray())
        {
            foreach (string prefix in SecretRules.Texts(row, "prefix"))
            {
                _byFirst[prefix[0]].Add(new Shape(
                    row.GetProperty("what").GetString()!,
                    Encoding.ASCII.GetBytes(prefix),
                    CharactersOf(row.GetProperty("of").GetString()!),
                    row.GetProperty("least").GetInt32(),
                    row.TryGetProperty("keep", out JsonElement keep) && keep.GetBoolean()));
            }
        }
    }

    public void Find(Word word, int from, SecretSpans found)
    {
        ReadOnlySpan<byte> text = word.Text;
        for (int i = from; i < text.Length;)
        {
            i = text[i] switch
            {
                (byte)':' when text[i..].StartsWith("://"u8) => ReadUrl(word, i + 3, found),
                (byte)'-' when text[i..].StartsWith("-----BEGIN "u8) => ReadPem(word, i, found),
                (byte)'@' when text[i..].StartsWith("@tcp("u8) || text[i..].StartsWith("@unix("u8) => ReadDataSource(word, from, i, found),
                _ => ReadToken(word, from, i, found),
            };
        }
    }

    /// <summary>Whether it is the other half of an AWS key: by its length, and because an access key id stands in front of it.</summary>
    public static bool IsAwsSecretKey(ReadOnlySpan<byte> text) => text.Length == 40 && !text.ContainsAnyExcept(KeyCharacters);

    public static bool IsAwsKeyId(ReadOnlySpan<byte> text) =>
        text.Length == 20 && (text.StartsWith("AKIA"u8) || text.StartsWith("ASIA"u8)) && !text.ContainsAnyExcept(KeyCharacters);

    private int ReadToken(Word word, int from, int at, SecretSpans found)
    {
        ReadOnlySpan<byte> text = word.Text;
        List<Shape> shapes = _byFirst[text[at]];
        if (shapes.Count == 0 || (at > from && WordCharacters.Contains(text[at - 1])))
        {
            return at + 1;
        }

        foreach (Shape shape in shapes)
        {
            if (!text[at..].StartsWith(shape.Prefix))
            {
                continue;
            }

            int start = at + shape.Prefix.Length;
            int length = text[start..].IndexOfAnyExcept(shape.Characters);
            int end = length < 0 ? text.Length : start + length;
            if (end - start >= shape.Least)
            {
                found.Add(word, shape.IsPrefixKept ? start : at, end, shape.What);
                return IsAwsKeyId(text[at..end]) ? ReadAwsSecretKey(word, end, found) : end;
            }
        }

        return at + 1;
    }

    private static int ReadAwsSecretKey(Word word, int at, SecretSpans found)
    {
        ReadOnlySpan<byte> rest = word.Text[at..];
        int start = rest.IndexOfAnyExcept(BetweenKeys);
        if (start is < 1 or > 4) // none, or too far away to belong to it
        {
            return at;
        }

        int length = rest[start..].IndexOfAnyExcept(KeyCharacters);
        length = length < 0 ? rest.Length - start : length;
        if (!IsAwsSecretKey(rest.Slice(start, length)))
        {
            return at;
        }

        found.Add(word, at + start, at + start + length, "AWS secret access key");
        return at + start + length;
    }

    /// <summary>scheme://user:password@host, or scheme://token@host where the token is no name.</summary>
    private static int ReadUrl(Word word, int start, SecretSpans found)
    {
        ReadOnlySpan<byte> authority = word.Text[start..];
        int end = authority.IndexOfAny(AuthorityEnd);
        authority = end < 0 ? authority : authority[..end];
        int at = authority.LastIndexOf((byte)'@');
        if (at <= 0)
        {
            return start;
        }

        int colon = authority[..at].IndexOf((byte)':');
        if (colon >= 0)
        {
            found.Add(word, start + colon + 1, start + at, UrlRule);
        }
        else if (at >= 20 && authority[..at].ContainsAnyInRange((byte)'0', (byte)'9'))
        {
            found.Add(word, start, start + at, UrlRule);
        }

        return start + at;
    }

    /// <summary>user:password@tcp(host), as Go's MySQL driver has it.</summary>
    private static int ReadDataSource(Word word, int from, int at, SecretSpans found)
    {
        ReadOnlySpan<byte> before = word.Text[Math.Max(from, at - LongestUserInfo)..at];
        before = before[(before.LastIndexOfAny(" \t\n\"'"u8) + 1)..];
        int colon = before.IndexOf((byte)':');
        if (colon >= 0)
        {
            found.Add(word, at - before.Length + colon + 1, at, UrlRule);
        }

        return at + 1;
    }

    private static int ReadPem(Word word, int at, SecretSpans found)
    {
        ReadOnlySpan<byte> rest = word.Text[at..];
        ReadOnlySpan<byte> label = rest["-----BEGIN "u8.Length..];
        int labelEnd = label[..Math.Min(label.Length, 64)].IndexOf("-----"u8);
        if (labelEnd < 0 || label[..labelEnd].IndexOf("PRIVATE KEY"u8) < 0)
        {
            return at + 1;
        }

        int body = "-----BEGIN "u8.Length + labelEnd + "-----"u8.Length;
        int end = rest[body..].IndexOf("-----END"u8);
        end = end < 0 ? rest.Length : body + end;
        found.Add(word, at + body, at + end, "private key");
        return at + end;
    }

    private static SearchValues<byte> CharactersOf(string name) => name switch
    {
        "base64" => Base64,
        "word" => WordCharacters,
        "token" => SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."u8),
        "upper" => SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"u8),
        "hex" => SearchValues.Create("0123456789abcdefABCDEF"u8),
        "k3s" => SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:._-"u8),
        "crypt" => SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./$=,+"u8),
        _ => throw new InvalidDataException($"there are no characters '{name}'"),
    };

    private sealed record Shape(string What, byte[] Prefix, SearchValues<byte> Characters, int Least, bool IsPrefixKept);
}
