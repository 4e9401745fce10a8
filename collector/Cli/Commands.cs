using System.CommandLine;
using Tallyman.Cli;

namespace Tallyman.Collector.Cli;

/// <summary>All that the program can be told.</summary>
internal static class Commands
{
    public static RootCommand Root() => new("Receives the alerts of Tallyman agents, stores them, shows them and sends them on.")
    {
        new ServeCommand(),
        new ExportCommand(),
        new ForwardCommand(),
        CommonCommands.Completion("tallyman-collector"),
        CommonCommands.Man("tallyman-collector", Manual.Section),
    };
}
