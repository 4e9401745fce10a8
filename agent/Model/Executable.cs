using System.Text;

namespace Tallyman.Agent.Model;

/// <summary>A program that is one of the tools, under the name it is installed with.</summary>
/// <param name="Words">Command words that are understood before the first one: docker-compose is "docker compose".</param>
public sealed record Executable(string Name, Tool Tool, params string[] Words);

/// <summary>The programs that are watched. Their place in <see cref="All"/> plus one is their number in the kernel.</summary>
public static class Executables
{
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
    ];

    /// <summary>The executable of this number; null for 0 and for numbers that are none.</summary>
    public static Executable? OfNumber(uint number) => number >= 1 && number <= All.Count ? All[(int)number - 1] : null;

    public static uint NumberOf(Executable executable)
    {
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
