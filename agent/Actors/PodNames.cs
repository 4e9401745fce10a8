using Microsoft.Win32.SafeHandles;
using Tallyman.Agent.Model;
using Tallyman.Agent.Native;
using Tallyman.Rendering;

namespace Tallyman.Agent.Actors;

/// <summary>
/// Namespaces and names of the pods on this host, from the directories that the kubelet keeps their logs in:
/// /var/log/pods/NAMESPACE_NAME_UID (pkg/kubelet/kuberuntime, since Kubernetes 1.14). In none of the three is a "_".
/// </summary>
internal sealed class PodNames
{
    private const string Logs = "/var/log/pods";
    private const int MostPods = 4096; // a node has some hundred at the most

    private readonly HostContent<Dictionary<string, (string Namespace, string Name)>> _names;

    public PodNames(HostFiles files, TimeProvider time) =>
        _names = new HostContent<Dictionary<string, (string Namespace, string Name)>>(() => files.OpenDirectory(Logs), Read, time);

    /// <returns>The pod with its names, where they are known.</returns>
    /// <param name="missing">Gets the reason why they are not.</param>
    public Pod Name(Pod pod, out string? missing)
    {
        Dictionary<string, (string Namespace, string Name)>? names = _names.Get();
        if (names is null || !names.TryGetValue(pod.Uid, out (string Namespace, string Name) name))
        {
            missing = names is null ? $"the host's {Logs} cannot be read" : $"the host's {Logs} has no directory of this pod";
            return pod;
        }

        missing = null;
        return pod with { Namespace = name.Namespace, Name = name.Name };
    }

    private static Dictionary<string, (string Namespace, string Name)> Read(SafeFileHandle directory)
    {
        var names = new Dictionary<string, (string Namespace, string Name)>(StringComparer.Ordinal);
        foreach (DirectoryEntry entry in DirectoryEntries.Of(directory).Take(MostPods))
        {
            if (entry.IsDirectory && SafeText.Decode(entry.Name.Span).Split('_') is [string space, string name, string uid])
            {
                names.TryAdd(uid, (space, name));
            }
        }

        return names;
    }
}
