using System.Text;
using System.Text.Json;

namespace Tallyman.Agent.Redaction;

/// <summary>Which names of variables, flags, keys and headers say that their value is a secret.</summary>
/// <param name="own">Of a site.</param>
internal sealed class SecretNames(JsonElement rules, IEnumerable<string> own)
{
    private const int Longest = 128;

    private readonly string[] _containing = [.. SecretRules.Texts(rules, "containing")];
    private readonly HashSet<string> _parts = [.. SecretRules.Texts(rules, "with_part")];
    private readonly string[] _partEndings = [.. SecretRules.Texts(rules, "part_ending")];
    private readonly HashSet<string> _exceptParts = [.. SecretRules.Texts(rules, "except_parts")];
    private readonly HashSet<string> _being = [.. SecretRules.Texts(rules, "being"), .. own.Select(static name => Read(Encoding.UTF8.GetBytes(name), out string whole, out _) ? whole : "")];
    private readonly HashSet<string> _inQueries = [.. SecretRules.Texts(rules, "in_queries")];
    private readonly string[] _beforeColon = [.. SecretRules.Texts(rules, "before_colon")];
    private readonly HashSet<string> _except = [.. SecretRules.Texts(rules, "except")];
    private readonly HashSet<string> _headers = [.. SecretRules.Texts(rules, "headers")];
    private readonly HashSet<string> _exceptEnding = [.. SecretRules.Texts(rules, "except_ending")];

    public bool IsSecret(ReadOnlySpan<byte> name) => name.Length >= 2 && Read(name, out string whole, out List<string> parts)
        && !(name.Length <= Longest && _except.Contains(Encoding.Latin1.GetString(name)))
        && !_exceptEnding.Contains(parts[^1])
        && (_being.Contains(whole) || parts.Exists(IsSecretPart) || Array.Exists(_containing, each => whole.Contains(each, StringComparison.Ordinal)));

    /// <summary>Whether it is the name of a parameter in the query of a URL that holds a secret.</summary>
    public bool IsSecretInQuery(ReadOnlySpan<byte> name) => Read(name, out string whole, out _) && _inQueries.Contains(whole);

    /// <summary>Whether it announces a secret also where no blank stands behind its colon, which most other names there do not.</summary>
    public bool IsSecretBeforeColon(ReadOnlySpan<byte> name) =>
        IsSecret(name) && Read(name, out string whole, out _) && Array.Exists(_beforeColon, each => whole.EndsWith(each, StringComparison.Ordinal));

    /// <summary>Whether it is the name of a header of HTTP that holds a secret.</summary>
    public bool IsSecretHeader(ReadOnlySpan<byte> name) =>
        IsSecret(name) && Read(name, out string whole, out List<string> parts) && (_headers.Contains(whole) || (parts is ["x", _, ..]));

    private bool IsSecretPart(string part) =>
        _parts.Contains(part) || (!_exceptParts.Contains(part) && Array.Exists(_partEndings, each => part.EndsWith(each, StringComparison.Ordinal)));

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
