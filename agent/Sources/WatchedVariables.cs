using System.Collections.Immutable;
using System.Text;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Sources;

/// <summary>The variables of a process that are kept; all others may be secrets, and are nobody's business.</summary>
internal static class WatchedVariables
{
    /// <summary>Variables that change what the tools do, or tell who calls.</summary>
    private static readonly ImmutableHashSet<string> Variables = ImmutableHashSet.Create(
        StringComparer.Ordinal,
        "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_BUILDKIT", "DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND",
        "BUILDKIT_HOST", "BUILDX_BUILDER", "COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES", "COMPOSE_ENV_FILES", "COMPOSE_PATH_SEPARATOR",
        "KUBECONFIG", "KUBERC", "KUBECTL_EXTERNAL_DIFF", "KUBE_EDITOR",
        "CONTAINER_HOST", "CONTAINER_CONNECTION", "CONTAINERS_CONF", "CONTAINERS_CONF_OVERRIDE", "CONTAINERS_STORAGE_CONF",
        "CONTAINERD_ADDRESS", "CONTAINERD_NAMESPACE", "CONTAINERD_SNAPSHOTTER", "NERDCTL_TOML", "CNI_PATH", "NETCONFPATH",
        "CONTAINER_RUNTIME_ENDPOINT", "IMAGE_SERVICE_ENDPOINT", "CRI_CONFIG_FILE",
        "HOME", "XDG_RUNTIME_DIR", "SUDO_USER", "SUDO_UID", "SSH_CONNECTION");

    /// <param name="area">As it lies in the process: NAME=VALUE, each with a NUL behind it.</param>
    public static ImmutableDictionary<string, HostText> In(ReadOnlyMemory<byte> area)
    {
        ImmutableDictionary<string, HostText> kept = ImmutableDictionary<string, HostText>.Empty;
        while (!area.IsEmpty)
        {
            int end = area.Span.IndexOf((byte)0);
            ReadOnlyMemory<byte> variable = end < 0 ? area : area[..end];
            int equals = variable.Span.IndexOf((byte)'=');
            if (equals > 0 && Variables.TryGetValue(Encoding.UTF8.GetString(variable.Span[..equals]), out string? name) && !kept.ContainsKey(name))
            {
                kept = kept.Add(name, new HostText(variable[(equals + 1)..].ToArray())); // the first one is what getenv(3) finds
            }

            area = end < 0 ? default : area[(end + 1)..];
        }

        return kept;
    }
}
