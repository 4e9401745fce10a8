using System.Text;

namespace Tallyman.Agent.Model;

/// <summary>A program that is watched, under the name it is installed with.</summary>
/// <param name="Words">Command words that are understood before the first one: docker-compose is "docker compose".</param>
public sealed record Executable(string Name, Tool Tool, params string[] Words);

/// <summary>The programs that are watched. Their place in <see cref="All"/> plus one is their number in the kernel.</summary>
public static class Executables
{
    /// <summary>
    /// The kernel knows programs by the first 15 bytes of their names, as they are in comm; so no two of these may be alike
    /// in those. A link is known by its own name first, then by that of the file: hence python3 and python3.11.
    /// </summary>
    public static IReadOnlyList<Executable> All { get; } =
    [
        new("docker", Tool.Docker),
        new("kubectl", Tool.Kubectl),
        new("podman", Tool.Podman),
        new("nerdctl", Tool.Nerdctl),
        new("crictl", Tool.Crictl),
        new("ctr", Tool.Ctr),
        new("podman-remote", Tool.Podman),
        new("docker-compose", Tool.Docker, "compose"),
        new("docker-buildx", Tool.Docker, "buildx"),
        new("microk8s.kubectl", Tool.Kubectl),
        new("microk8s.ctr", Tool.Ctr),

        new("k3s", Tool.K3s),
        new("k0s", Tool.K0s),
        new("microk8s", Tool.Microk8s),
        new("minikube", Tool.Minikube),
        new("oc", Tool.Oc),

        new("ld.so", Tool.Loader),
        new("ld-linux.so.2", Tool.Loader),
        new("ld-linux-x86-64.so.2", Tool.Loader),
        new("ld-linux-aarch64.so.1", Tool.Loader),
        new("ld-linux-armhf.so.3", Tool.Loader),
        new("ld64.so.1", Tool.Loader),
        new("ld64.so.2", Tool.Loader),
        new("ld-musl-x86_64.so.1", Tool.Loader),
        new("ld-musl-aarch64.so.1", Tool.Loader),
        // Before glibc 2.34 those above are links to a file with the version in its name.
        .. Enumerable.Range(17, 17).Select(static minor => new Executable($"ld-2.{minor}.so", Tool.Loader)),

        new("curl", Tool.Curl),
        new("wget", Tool.Wget),
        new("wget2", Tool.Wget),
        new("socat", Tool.Socat),
        new("socat1", Tool.Socat),
        new("nc", Tool.Netcat),
        new("nc.openbsd", Tool.Netcat),
        new("nc.traditional", Tool.Netcat),
        new("ncat", Tool.Netcat),
        new("netcat", Tool.Netcat),
        new("openssl", Tool.Openssl),
        new("python", Tool.Python),
        new("python2", Tool.Python),
        new("python2.7", Tool.Python),
        new("python3", Tool.Python),
        .. Enumerable.Range(6, 10).Select(static minor => new Executable($"python3.{minor}", Tool.Python)),
        new("perl", Tool.Perl),
        new("ruby", Tool.Ruby),
        .. Enumerable.Range(0, 5).Select(static minor => new Executable($"ruby3.{minor}", Tool.Ruby)),
        new("node", Tool.Node),
        new("nodejs", Tool.Node),
        new("php", Tool.Php),
        new("php8.2", Tool.Php),
        new("php8.3", Tool.Php),
        new("php8.4", Tool.Php),
    ];

    /// <summary>Stands for every program that hides what it is; it has no name to be watched by.</summary>
    public static Executable Unnamed { get; } = new("", Tool.Unnamed);

    /// <summary>The executable of this number; null for 0 and for numbers that are none.</summary>
    public static Executable? OfNumber(uint number) =>
        number >= 1 && number <= All.Count ? All[(int)number - 1]
        : number == All.Count + 1 ? Unnamed
        : null;

    public static uint NumberOf(Executable executable)
    {
        if (ReferenceEquals(executable, Unnamed))
        {
            return (uint)All.Count + 1;
        }

        for (int i = 0; i < All.Count; i++)
        {
            if (ReferenceEquals(All[i], executable))
            {
                return (uint)i + 1;
            }
        }

        throw new ArgumentException($"{executable.Name} is not one of the executables", nameof(executable));
    }

    /// <summary>The executable that a path or an argv[0] names; null if it names none.</summary>
    public static Executable? OfPath(ReadOnlySpan<byte> path)
    {
        ReadOnlySpan<byte> name = path[(path.LastIndexOf((byte)'/') + 1)..];
        foreach (Executable executable in All)
        {
            if (Ascii.Equals(name, executable.Name))
            {
                return executable;
            }
        }

        return null;
    }
}
