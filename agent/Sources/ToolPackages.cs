using Tallyman.Agent.Model;

namespace Tallyman.Agent.Sources;

/// <summary>Which executable a Go program is by the import path of its main package, with or without a major version inside.</summary>
internal static class ToolPackages
{
    private static readonly Dictionary<string, string> Packages = new(StringComparer.Ordinal)
    {
        ["github.com/docker/cli/cmd/docker"] = "docker",
        ["github.com/docker/compose/cmd"] = "docker-compose",
        ["github.com/docker/buildx/cmd/buildx"] = "docker-buildx",
        ["github.com/containers/podman/cmd/podman"] = "podman",
        ["github.com/containerd/nerdctl/cmd/nerdctl"] = "nerdctl",
        ["github.com/containerd/containerd/cmd/ctr"] = "ctr",
        ["k8s.io/kubernetes/cmd/kubectl"] = "kubectl",
        ["k8s.io/kubernetes/cmd/kubectl-sdk"] = "kubectl",
        ["sigs.k8s.io/cri-tools/cmd/crictl"] = "crictl",
        ["github.com/k3s-io/k3s/cmd/k3s"] = "k3s", // unpacks and starts the next
        ["github.com/k3s-io/k3s/cmd/server"] = "k3s",
        ["github.com/rancher/k3s/cmd/k3s"] = "k3s",
        ["github.com/rancher/k3s/cmd/server"] = "k3s",
        ["github.com/k0sproject/k0s"] = "k0s",
        ["k8s.io/minikube/cmd/minikube"] = "minikube",
        ["github.com/openshift/oc/cmd/oc"] = "oc",
    };

    /// <returns>Null for all other programs: dockerd, containerd and its shims, kubelet and buildah among them.</returns>
    public static Executable? Find(string package) =>
        Packages.TryGetValue(WithoutMajorVersion(package), out string? name) ? Executables.All.First(executable => executable.Name == name) : null;

    /// <summary>github.com/containers/podman/v5/cmd/podman without its /v5.</summary>
    private static string WithoutMajorVersion(string package) =>
        string.Join('/', package.Split('/').Where(static part => part is not (['v', >= '2' and <= '9'] or ['v', >= '1' and <= '9', >= '0' and <= '9'])));
}
