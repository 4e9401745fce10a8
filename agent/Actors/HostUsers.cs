using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Tallyman.Rendering;

namespace Tallyman.Agent.Actors;

/// <summary>
/// Names of users, from the host's /etc/passwd (passwd(5)) and nothing else: to ask NSS is to run others' code and to wait for
/// other hosts.
/// </summary>
internal sealed class HostUsers
{
    internal const string Passwd = "/etc/passwd";
    private const int LongestPasswd = 4 * 1024 * 1024;
    private const int MostUsers = 64 * 1024;
    private const int LongestName = 256; // LOGIN_NAME_MAX

    private readonly HostContent<Dictionary<uint, string>> _names;

    public HostUsers(HostFiles files, TimeProvider time) => _names = new HostContent<Dictionary<uint, string>>(() => files.Open(Passwd), Read, time);

    /// <summary>The names as they are now.</summary>
    public UserNames Get() => new(_names.Get());

    private static Dictionary<uint, string> Read(SafeFileHandle file) => Parse(HostFiles.Read(file, LongestPasswd) ?? []);

    /// <summary>Of several names the first one counts, as it does for getpwuid(3).</summary>
    internal static Dictionary<uint, string> Parse(ReadOnlySpan<byte> passwd)
    {
        var names = new Dictionary<uint, string>();
        foreach (Range range in passwd.Split((byte)'\n'))
        {
            // ann:x:1000:1000:Ann:/home/ann:/bin/bash; one that begins with + or - is for NIS
            ReadOnlySpan<byte> line = passwd[range];
            int name = line.IndexOf((byte)':');
            ReadOnlySpan<byte> rest = name < 0 ? default : line[(name + 1)..];
            rest = rest[(rest.IndexOf((byte)':') + 1)..];
            int number = rest.IndexOf((byte)':');
            if (name is > 0 and <= LongestName
                && line[0] is not ((byte)'+' or (byte)'-')
                && number > 0
                && uint.TryParse(rest[..number], NumberStyles.None, CultureInfo.InvariantCulture, out uint uid)
                && names.Count < MostUsers)
            {
                names.TryAdd(uid, SafeText.Decode(line[..name]));
            }
        }

        return names;
    }
}

/// <param name="names">By uid; null if they cannot be read.</param>
internal sealed class UserNames(IReadOnlyDictionary<uint, string>? names)
{
    /// <returns>Null if there is no name.</returns>
    public string? Of(uint? uid) => uid is uint number ? names?.GetValueOrDefault(number) : null;

    /// <summary>Why there is no name.</summary>
    public string Missing(uint uid) => names is null
        ? $"the host's {HostUsers.Passwd} cannot be read"
        : string.Create(CultureInfo.InvariantCulture, $"uid {uid} is not in {HostUsers.Passwd}");
}
