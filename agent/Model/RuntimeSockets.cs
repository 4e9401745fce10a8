namespace Tallyman.Agent.Model;

/// <summary>Where container runtimes listen. Whoever may speak there is root on the host.</summary>
public static class RuntimeSockets
{
    /// <summary>Names of the sockets in whatever directory they appear: /run, a home, a mount into a container.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "docker.sock", "docker.raw.sock", "containerd.sock", "containerd.sock.ttrpc", "crio.sock", "podman.sock", "cri-dockerd.sock", "dockershim.sock",
        "buildkitd.sock",
    ];

    /// <summary>docker's ports, without and with TLS.</summary>
    public static IReadOnlyList<int> Ports { get; } = [2375, 2376];

    public static bool IsSocket(ReadOnlySpan<char> path)
    {
        ReadOnlySpan<char> name = path[(path.LastIndexOf('/') + 1)..];
        foreach (string socket in Names)
        {
            if (name.SequenceEqual(socket))
            {
                return true;
            }
        }

        return false;
    }

    public static bool MayBeIn(Argv argv)
    {
        for (int i = 0; i < argv.Count; i++)
        {
            if (MayBeIn(argv[i]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Whether arguments may be about such a place at all: a quick look for those that have nothing to do with it, which are
    /// nearly all of them. It says yes to more than the reading of the arguments will find.
    /// </summary>
    public static bool MayBeIn(ReadOnlySpan<byte> arguments) =>
        arguments.IndexOf("sock"u8) >= 0 || arguments.IndexOf("2375"u8) >= 0 || arguments.IndexOf("2376"u8) >= 0
        || arguments.IndexOf("--un"u8) >= 0 || arguments.IndexOf("--ab"u8) >= 0; // curl's --unix-socket and --abstract-unix-socket, cut short
}
