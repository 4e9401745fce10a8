using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines;

/// <summary>
/// A program that hides what it is: its arguments may read like those of one of the tools, and that is all that can be
/// said. What they would ask for is not held against it.
/// </summary>
internal static class UnnamedPrograms
{
    /// <summary>What nobody but a container command line asks for in such words.</summary>
    private static readonly FactKind[] Telling =
    [
        FactKind.Privileged, FactKind.HostNet, FactKind.HostPid, FactKind.HostIpc, FactKind.HostMount, FactKind.Rootfs, FactKind.CapAdd, FactKind.NoSeccomp,
        FactKind.NodeDebug, FactKind.Overrides, FactKind.InnerCommand,
    ];

    public static Invocation Read(Argv argv) => Guess(argv) is Executable tool
        ? new Invocation(Tool.Unnamed, "") { Facts = [new Fact(FactKind.MaybeCli, tool.Name)] }
        : new Invocation(Tool.Unnamed, "");

    /// <returns>The first tool that takes these arguments without an error and is asked for something by them; null if none is.</returns>
    public static Executable? Guess(Argv argv)
    {
        foreach (Tool tool in ToolNames.ContainerTools)
        {
            Executable program = Executables.All.First(executable => executable.Tool == tool);
            Invocation invocation = CommandLineReader.Read(program, argv, directory: null);
            if (invocation.Error is null && invocation.Facts.Any(static fact => Telling.Contains(fact.Kind)))
            {
                return program;
            }
        }

        return null;
    }
}
