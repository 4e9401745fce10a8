using Tallyman.Agent.Model;

namespace Tallyman.Agent.Actors;

/// <summary>
/// The pod that a process runs in, from its cgroup as the kubelet names it (pkg/kubelet/cm): kubepods/burstable/podUID with the
/// driver cgroupfs; kubepods-burstable-podUID.slice with systemd's, where UID has "_" for "-". Pods of the class
/// Guaranteed lie in kubepods itself.
/// </summary>
internal static class PodCgroup
{
    private const string Mark = "pod"; // no letter of it but "d" is a hexadecimal digit
    private const string SliceEnding = ".slice";

    /// <returns>Null if the process runs in none.</returns>
    public static Pod? In(string cgroup)
    {
        string[] parts = cgroup.Split('/', ':');
        for (int i = 1; i < parts.Length; i++)
        {
            string name = parts[i].EndsWith(SliceEnding, StringComparison.Ordinal) ? parts[i][..^SliceEnding.Length] : parts[i];
            int at = name.LastIndexOf(Mark, StringComparison.Ordinal);
            if (at < 0)
            {
                continue;
            }

            string uid = name[(at + Mark.Length)..].Replace('_', '-');
            string parent = at == 0 ? parts[i - 1] : name[..at].TrimEnd('-');
            if (IsUid(uid) && cgroup.Contains("kubepods", StringComparison.Ordinal) && QosClassOf(parent) is string qos)
            {
                return new Pod(uid, qos);
            }
        }

        return null;
    }

    private static string? QosClassOf(string parent) => parent[(parent.LastIndexOf('-') + 1)..] switch
    {
        "kubepods" => "Guaranteed",
        "burstable" => "Burstable",
        "besteffort" => "BestEffort",
        _ => null,
    };

    /// <summary>An UUID, or the MD5 of a static pod's manifest.</summary>
    private static bool IsUid(string text) => Guid.TryParseExact(text, text.Contains('-') ? "D" : "N", out _);
}
