using System.Collections.Immutable;

namespace Tallyman.Agent.Model;

/// <summary>The programs whose command lines are read: the six container command lines, and others that can do their work.</summary>
public enum Tool
{
    Docker,
    Kubectl,
    Podman,
    Nerdctl,
    Crictl,
    Ctr,

    // Programs that have some of those inside, or start one.
    K3s,
    K0s,
    Microk8s,
    Minikube,
    Oc,
    Loader,

    /// <summary>None that is known, and it hides which: packed, or Go's without its build information.</summary>
    Unnamed,

    // Programs that can speak to the socket of a container runtime by themselves.
    Curl,
    Wget,
    Socat,
    Netcat,
    Openssl,
    Python,
    Perl,
    Ruby,
    Node,
    Php,
}

public static class ToolNames
{
    /// <summary>The six that this project is about, of which every command line is read by the tool's own grammar.</summary>
    public static ImmutableArray<Tool> ContainerTools { get; } = [.. Enum.GetValues<Tool>().Where(static tool => tool.IsContainerTool())];

    /// <summary>Whether it is one of the six, so that every command line of it is of interest.</summary>
    public static bool IsContainerTool(this Tool tool) => tool <= Tool.Ctr;

    /// <summary>Whether its command lines are of interest only where they name the socket or the port of a runtime.</summary>
    public static bool IsSocketClient(this Tool tool) => tool >= Tool.Curl;

    /// <summary>The name of its program.</summary>
    public static string Name(this Tool tool) => tool switch
    {
        Tool.Docker => "docker",
        Tool.Kubectl => "kubectl",
        Tool.Podman => "podman",
        Tool.Nerdctl => "nerdctl",
        Tool.Crictl => "crictl",
        Tool.Ctr => "ctr",
        Tool.K3s => "k3s",
        Tool.K0s => "k0s",
        Tool.Microk8s => "microk8s",
        Tool.Minikube => "minikube",
        Tool.Oc => "oc",
        Tool.Loader => "ld.so",
        Tool.Unnamed => "unnamed",
        Tool.Curl => "curl",
        Tool.Wget => "wget",
        Tool.Socat => "socat",
        Tool.Netcat => "nc",
        Tool.Openssl => "openssl",
        Tool.Python => "python",
        Tool.Perl => "perl",
        Tool.Ruby => "ruby",
        Tool.Node => "node",
        Tool.Php => "php",
        _ => throw new ArgumentOutOfRangeException(nameof(tool), tool, null),
    };
}
