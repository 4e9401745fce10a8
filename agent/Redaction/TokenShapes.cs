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
    private const int LongestBotId = 12;
    private const int ShortestBotToken = 30;

    private static readonly SearchValues<byte> Base64 = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-.~"u8);
    private static readonly SearchValues<byte> Token = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."u8);
    private static readonly SearchValues<byte> KeyCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8);
    private static readonly SearchValues<byte> WordCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"u8);
    private static readonly SearchValues<byte> BetweenKeys = SearchValues.Create(" :,;|/=\"'\t\n"u8);

    private static readonly SearchValues<byte> Digits = SearchValues.Create("0123456789"u8);

    private readonly UrlSecrets _urls;
    private readonly List<Shape>[] _byFirst = [.. Enumerable.Range(0, 256).Select(static _ => new List<Shape>())];

    /// <param name="urls">What finds the passwords of users in it.</param>
    public TokenShapes(JsonElement rows, UrlSecrets urls)
    {
        _urls = urls;
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
                (byte)':' when text[i..].StartsWith("://"u8) => _urls.ReadUrl(word, from, i + 3, found),
                (byte)':' when text[i..].StartsWith(":AA"u8) => ReadBotToken(word, from, i + 1, found),
                (byte)'j' when text[i..].StartsWith("jdbc:oracle:"u8) => UrlSecrets.ReadOracle(word, i, found),
                (byte)'-' when text[i..].StartsWith("-----BEGIN "u8) => ReadPem(word, i, found),
                (byte)'@' when text[i..].StartsWith("@tcp("u8) || text[i..].StartsWith("@unix("u8) => UrlSecrets.ReadDataSource(word, from, i, found),
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

    /// <summary>Telegram's 123456789:AA…, of which the number is the bot's name.</summary>
    private static int ReadBotToken(Word word, int from, int start, SecretSpans found)
    {
        ReadOnlySpan<byte> before = word.Text[Math.Max(from, start - 1 - LongestBotId)..(start - 1)];
        int digits = before.Length - 1 - before.LastIndexOfAnyExcept(Digits);
        int length = word.Text[start..].IndexOfAnyExcept(Token);
        length = length < 0 ? word.Length - start : length;
        if (digits < 8 || length < ShortestBotToken)
        {
            return start;
        }

        found.Add(word, start, start + length, "Telegram token");
        return start + length;
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
        "token" => Token,
        "upper" => SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"u8),
        "hex" => SearchValues.Create("0123456789abcdefABCDEF"u8),
        "k3s" => SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:._-"u8),
        "crypt" => SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./$=,+"u8),
        _ => throw new InvalidDataException($"there are no characters '{name}'"),
    };

    private sealed record Shape(string What, byte[] Prefix, SearchValues<byte> Characters, int Least, bool IsPrefixKept);
}
