using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Tallyman.V1;

namespace Tallyman.Agent.History;

/// <summary>
/// What two alerts have in common that are of one kind: who, which tool, which command, and what it gets at. Made of messages,
/// in which no secret is.
/// </summary>
internal static class PatternKey
{
    public static UInt128 Of(Alert alert)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string part in PartsOf(alert))
        {
            byte[] bytes = Encoding.UTF8.GetBytes(part);
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }

        return BinaryPrimitives.ReadUInt128LittleEndian(hash.GetHashAndReset());
    }

    private static IEnumerable<string> PartsOf(Alert alert) =>
    [
        .. WhoIn(alert.Host, alert.Process),
        alert.CommandLine.Tool,
        alert.CommandLine.Command,
        StableNames.RepositoryOf(alert.CommandLine.Image),
        .. alert.Indicators.Select(static indicator => $"{indicator.Id}({indicator.Value})").Distinct().Order(StringComparer.Ordinal),
    ];

    /// <summary>A person wherever the session is, else a service, a workload, or any container of a runtime: those are new each time.</summary>
    private static IEnumerable<string> WhoIn(Host host, Process process) =>
    [
        host.Name, // a log of auditd may be of several
        process.HasLoginuid ? $"login {process.Loginuid}" : "",
        $"uid {process.Uid}",
        process.UserUnit is { Length: > 0 } own ? StableNames.ServiceOf(own) : StableNames.ServiceOf(process.Unit),
        process.Pod is Pod pod ? $"{pod.Namespace}/{(pod.Name.Length > 0 ? StableNames.WorkloadOf(pod.Name) : pod.Uid)}" : process.Container.Length > 0 ? $"container of {process.ContainerRuntime}" : "",
    ];
}
