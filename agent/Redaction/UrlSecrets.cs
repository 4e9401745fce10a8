using System.Buffers;
using System.Text;

namespace Tallyman.Agent.Redaction;

/// <summary>Finds the passwords and tokens in front of the host, in URLs and in what databases have instead.</summary>
/// <param name="harmlessUsers">Users in URLs of the web that are no tokens.</param>
internal sealed class UrlSecrets(HashSet<string> harmlessUsers)
{
    private const string UrlRule = "password in a URL";
    private const int LongestUserInfo = 1024;

    private static readonly SearchValues<byte> AuthorityEnd = SearchValues.Create("/?#\\\"'<>` \t\r\n"u8);
    private static readonly SearchValues<byte> AccountEnd = SearchValues.Create("\"'<>` \t\r\n"u8);

    /// <summary>scheme://user:password@host, or scheme://token@host: on the web all but well-known names, elsewhere what is no name.</summary>
    public int ReadUrl(Word word, int from, int start, SecretSpans found)
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
        ReadOnlySpan<byte> user = authority[..(colon < 0 ? at : colon)];
        ReadOnlySpan<byte> password = authority[(colon + 1)..at];
        bool isAlone = colon < 0 || password.IsEmpty || password.SequenceEqual("x-oauth-basic"u8);
        bool isWeb = EndsWithWeb(word.Text[from..(start - 3)]);
        if (colon >= 0)
        {
            found.Add(word, start + colon + 1, start + at, UrlRule);
        }

        if (isAlone && (isWeb ? !harmlessUsers.Contains(Encoding.Latin1.GetString(user)) && !Word.IsReference(user) : colon < 0 && at >= 20 && user.ContainsAnyInRange((byte)'0', (byte)'9')))
        {
            found.Add(word, start, start + user.Length, UrlRule);
        }

        return start + at;
    }

    private static bool EndsWithWeb(ReadOnlySpan<byte> scheme) =>
        (scheme.Length >= 4 && Ascii.EqualsIgnoreCase(scheme[^4..], "http"u8)) || (scheme.Length >= 5 && Ascii.EqualsIgnoreCase(scheme[^5..], "https"u8));

    /// <summary>jdbc:oracle:thin:user/password@host.</summary>
    public static int ReadOracle(Word word, int at, SecretSpans found)
    {
        int start = at + "jdbc:oracle:"u8.Length;
        ReadOnlySpan<byte> rest = word.Text[start..];
        rest = rest[..Math.Min(rest.Length, LongestUserInfo)];
        int end = rest.IndexOfAny(AccountEnd);
        rest = end < 0 ? rest : rest[..end];
        int colon = rest.IndexOf((byte)':');
        Range password = SecretForms.PasswordBehindSlash(rest[(colon + 1)..]);
        if (colon > 0 && !password.Equals(default) && rest.Contains((byte)'@'))
        {
            found.Add(word, start + colon + 1 + password.Start.Value, start + colon + 1 + password.End.Value, UrlRule);
        }

        return start;
    }

    /// <summary>user:password@tcp(host), as Go's MySQL driver has it.</summary>
    public static int ReadDataSource(Word word, int from, int at, SecretSpans found)
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
}
