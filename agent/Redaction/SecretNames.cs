using System.Text;
using System.Text.Json;

namespace Tallyman.Agent.Redaction;

/// <summary>Which names of variables, flags, keys and headers say that their value is a secret.</summary>
internal sealed class SecretNames(JsonElement rules)
{
    private const int Longest = 128;

    private readonly string[] _containing = [.. SecretRules.Texts(rules, "containing")];
    private readonly HashSet<string> _parts = [.. SecretRules.Texts(rules, "with_part")];
    private readonly HashSet<string> _except = [.. SecretRules.Texts(rules, "except")];
    private readonly HashSet<string> _headers = [.. SecretRules.Texts(rules, "headers")];
    private readonly HashSet<string> _exceptEnding = [.. SecretRules.Texts(rules, "except_ending")];

    public bool IsSecret(ReadOnlySpan<byte> name) => name.Length >= 2 && Read(name, out string whole, out List<string> parts)
        && !_except.Contains(whole)
        && !_exceptEnding.Contains(parts[^1])
        && (parts.Exists(_parts.Contains) || Array.Exists(_containing, each => whole.Contains(each, StringComparison.Ordinal)));

    /// <summary>Whether it is the name of a header of HTTP that holds a secret.</summary>
    public bool IsSecretHeader(ReadOnlySpan<byte> name) =>
        IsSecret(name) && Read(name, out string whole, out List<string> parts) && (_headers.Contains(whole) || (parts is ["x", _, ..]));

    /// <summary>Takes a name apart at what is neither letter nor digit, and at humps.</summary>
    /// <param name="whole">All parts together.</param>
    /// <returns>False if nothing is left.</returns>
    private static bool Read(ReadOnlySpan<byte> name, out string whole, out List<string> parts)
    {
        string text = Encoding.Latin1.GetString(name.Length <= Longest ? name : name[^Longest..]);
        var compact = new StringBuilder(text.Length);
        parts = [];
        int start = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            bool isEnd = i == text.Length || !char.IsAsciiLetterOrDigit(text[i]);
            bool isHump = !isEnd && i > start && char.IsAsciiLetterUpper(text[i]) && char.IsAsciiLetterLower(text[i - 1]);
            if ((isEnd || isHump) && i > start)
            {
                parts.Add(text[start..i].ToLowerInvariant());
                compact.Append(parts[^1]);
            }

            start = isHump ? i : isEnd ? i + 1 : start;
        }

        whole = compact.ToString();
        return parts.Count > 0;
    }
}
