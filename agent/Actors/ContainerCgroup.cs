using System.Buffers;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Actors;

/// <summary>
/// The container that a process runs in, from its cgroup: runtimes name the cgroup of a container by its id, 64 hexadecimal
/// digits, with their own name in front (docker-….scope, kubepods-….slice:cri-containerd:…, crio-…, libpod-…) or above
/// (docker/…).
/// </summary>
internal static class ContainerCgroup
{
    private const int IdLength = 64;
    private const string ScopeEnding = ".scope";

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");
    private static readonly string[] Runtimes = ["docker", "cri-containerd", "crio", "libpod", "nerdctl"];

    /// <returns>Null if the process runs in none.</returns>
    public static Container? In(string cgroup)
    {
        string[] parts = cgroup.Split('/', ':');
        for (int i = parts.Length - 1; i >= 0; i--)
        {
            string name = parts[i].EndsWith(ScopeEnding, StringComparison.Ordinal) ? parts[i][..^ScopeEnding.Length] : parts[i];
            if (name.Length < IdLength || name.AsSpan(name.Length - IdLength).ContainsAnyExcept(HexDigits))
            {
                continue;
            }

            string prefix = name[..^IdLength];
            if (prefix.Length > 0 && prefix[^1] != '-')
            {
                continue;
            }

            string runtime = prefix.Length > 0 ? prefix[..^1] : i > 0 ? parts[i - 1] : "";
            if (!runtime.EndsWith("-conmon", StringComparison.Ordinal)) // which runs beside the container, on the host
            {
                return new Container(name[^IdLength..], Runtimes.Contains(runtime) ? runtime : "");
            }
        }

        return null;
    }
}
