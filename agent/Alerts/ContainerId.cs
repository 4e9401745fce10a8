namespace Tallyman.Agent.Alerts;

/// <summary>
/// The container that a process runs in, from its cgroup: runtimes name the cgroup of a container by its id, 64 hexadecimal
/// digits, with a prefix and ".scope" under systemd (docker-….scope, cri-containerd-….scope, crio-….scope, libpod-….scope).
/// </summary>
internal static class ContainerId
{
    private const int Length = 64;

    /// <returns>Null if the process runs in none.</returns>
    public static string? In(string cgroup)
    {
        foreach (string part in cgroup.Split('/').Reverse())
        {
            string name = part.EndsWith(".scope", StringComparison.Ordinal) ? part[..^".scope".Length] : part;
            if (name.Length >= Length && IsHex(name.AsSpan(name.Length - Length)) && (name.Length == Length || name[^(Length + 1)] is '-' or ':'))
            {
                return name[^Length..];
            }
        }

        return null;
    }

    private static bool IsHex(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiHexDigitLower(c))
            {
                return false;
            }
        }

        return true;
    }
}
