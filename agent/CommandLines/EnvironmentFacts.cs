using Tallyman.Agent.CommandLines.Meanings;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines;

/// <summary>Variables of the caller that do what a flag does: where the order goes. The flag wins where both are given.</summary>
internal static class EnvironmentFacts
{
    private const int MostFiles = 16;

    private static readonly (Tool Tool, string Variable, FactKind Kind)[] Table =
    [
        (Tool.Docker, "DOCKER_HOST", FactKind.Remote),
        (Tool.Docker, "DOCKER_CONTEXT", FactKind.Ctx),
        (Tool.Podman, "CONTAINER_HOST", FactKind.Remote),
        (Tool.Podman, "CONTAINER_CONNECTION", FactKind.Ctx),
        (Tool.Nerdctl, "CONTAINERD_ADDRESS", FactKind.Remote),
        (Tool.Nerdctl, "CONTAINERD_NAMESPACE", FactKind.Ns),
        (Tool.Ctr, "CONTAINERD_ADDRESS", FactKind.Remote),
        (Tool.Ctr, "CONTAINERD_NAMESPACE", FactKind.Ns),
        (Tool.Crictl, "CONTAINER_RUNTIME_ENDPOINT", FactKind.Remote),
    ];

    public static IEnumerable<Fact> Of(ExecEvent exec, Invocation invocation)
    {
        foreach ((Tool tool, string variable, FactKind kind) in Table)
        {
            if (tool == invocation.Tool && Value(exec, variable) is string value && !invocation.Facts.Any(fact => fact.Kind == kind))
            {
                yield return new Fact(kind, value) { Evidence = $"{variable}={value}" };
            }
        }

        // A list of files, of which the first that has it wins.
        if (invocation.Tool == Tool.Kubectl && Value(exec, "KUBECONFIG") is string files && !invocation.Facts.Any(static fact => fact.Kind == FactKind.Kubeconfig))
        {
            foreach (string file in files.Split(':', MostFiles, StringSplitOptions.RemoveEmptyEntries))
            {
                yield return new Fact(FactKind.Kubeconfig, file) { Path = HostPath.Resolve(file, exec.Directory.ToString()), Evidence = $"KUBECONFIG={file}" };
            }
        }
    }

    private static string? Value(ExecEvent exec, string variable) =>
        exec.Environment.TryGetValue(variable, out HostText text) && !text.IsEmpty ? text.ToString() : null;
}
