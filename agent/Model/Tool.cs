namespace Tallyman.Agent.Model;

/// <summary>The six container command lines.</summary>
public enum Tool
{
    Docker,
    Kubectl,
    Podman,
    Nerdctl,
    Crictl,
    Ctr,
}

public static class ToolNames
{
    /// <summary>The name of its program.</summary>
    public static string Name(this Tool tool) => tool switch
    {
        Tool.Docker => "docker",
        Tool.Kubectl => "kubectl",
        Tool.Podman => "podman",
        Tool.Nerdctl => "nerdctl",
        Tool.Crictl => "crictl",
        Tool.Ctr => "ctr",
        _ => throw new ArgumentOutOfRangeException(nameof(tool), tool, null),
    };
}
