using Tallyman.Agent.Sources;
using Xunit;

namespace Tallyman.Agent.Tests.Sources;

public sealed class GoBuildInfoTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public void The_main_package_is_found_in_programs_of_all_ages(bool hasSections, bool isOld) =>
        Assert.Equal("github.com/docker/cli/cmd/docker", MainPackageOf(Go.Program("github.com/docker/cli/cmd/docker", hasSections, isOld)));

    [Theory]
    [InlineData("/usr/local/bin/docker", "docker")]
    [InlineData("/usr/bin/docker", "docker")]
    [InlineData("/usr/bin/kubectl", "kubectl")]
    [InlineData("/usr/bin/podman", "podman")]
    [InlineData("/usr/bin/ctr", "ctr")]
    [InlineData("/usr/sbin/dockerd", null)]
    [InlineData("/usr/bin/containerd", null)]
    [InlineData("/usr/bin/containerd-shim-runc-v2", null)]
    [InlineData("/usr/bin/buildah", null)]
    [InlineData("/bin/true", null)]
    [InlineData("/bin/sh", null)]
    public void Real_programs_are_known_where_they_are_installed(string path, string? tool)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path);
        string? package = GoBuildInfo.MainPackageOf(file);
        Assert.Equal(tool, package is null ? null : ToolPackages.Find(package)?.Name);
    }

    [Theory]
    [InlineData("github.com/docker/cli/cmd/docker", "docker")]
    [InlineData("github.com/containers/podman/v5/cmd/podman", "podman")]
    [InlineData("github.com/containers/podman/cmd/podman", "podman")]
    [InlineData("github.com/containerd/nerdctl/v2/cmd/nerdctl", "nerdctl")]
    [InlineData("github.com/containerd/containerd/cmd/ctr", "ctr")]
    [InlineData("github.com/containerd/containerd/v2/cmd/ctr", "ctr")]
    [InlineData("k8s.io/kubernetes/cmd/kubectl", "kubectl")]
    [InlineData("k8s.io/kubernetes/cmd/kubectl-sdk", "kubectl")]
    [InlineData("sigs.k8s.io/cri-tools/cmd/crictl", "crictl")]
    [InlineData("github.com/docker/compose/v2/cmd", "docker-compose")]
    [InlineData("github.com/docker/buildx/cmd/buildx", "docker-buildx")]
    [InlineData("github.com/containerd/containerd/cmd/containerd", null)]
    [InlineData("github.com/containerd/containerd/cmd/containerd-shim-runc-v2", null)]
    [InlineData("k8s.io/kubernetes/cmd/kubelet", null)]
    [InlineData("github.com/docker/docker/cmd/dockerd", null)]
    [InlineData("github.com/containers/buildah/cmd/buildah", null)]
    [InlineData("example.com/v2/github.com/docker/cli/cmd/docker", null)]
    [InlineData("", null)]
    public void Packages_name_tools_and_their_daemons_are_none(string package, string? tool) => Assert.Equal(tool, ToolPackages.Find(package)?.Name);

    [Fact]
    public void Any_bytes_are_a_program_or_none()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        byte[][] programs = [Go.Program("a/b"), Go.Program("a/b", hasSections: false), Go.Program("a/b", isOld: true), []];
        for (int i = 0; i < 3000; i++)
        {
            byte[] bytes = [.. programs[i % programs.Length]];
            for (int n = random.Next(8); n > 0 && bytes.Length > 0; n--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(3) switch { 0 => 0xff, 1 => 0, _ => (byte)random.Next(256) };
            }

            bytes = bytes[..random.Next(bytes.Length + 1)];
            try
            {
                MainPackageOf(bytes);
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, round {i}: {e}");
            }
        }
    }

    private string? MainPackageOf(byte[] program)
    {
        string path = _directory.File("program");
        File.WriteAllBytes(path, program);
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path);
        return GoBuildInfo.MainPackageOf(file);
    }
}
