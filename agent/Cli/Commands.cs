using System.CommandLine;
using Tallyman.Cli;

namespace Tallyman.Agent.Cli;

/// <summary>All that the program can be told.</summary>
internal static class Commands
{
    public static RootCommand Root() => new("Tells who on this host uses a container command line to get at the host, and how badly.")
    {
        new RunCommand(),
        new ReplayCommand(),
        new ScoreCommand(),
        new RedactCommand(),
        new CheckCommand(),
        new StatusCommand(),
        new TailCommand(),
        new SelfTestCommand(),
        new ExplainCommand(),
        new LearnCommand(),
        new SpoolCommand(),
        new SupportBundleCommand(),
        new RulesCommand(),
        new ConfigCommand(),
        CommonCommands.Completion("tallyman"),
        CommonCommands.Man("tallyman", Manual.Sections),
        new VersionCommand(),
    };
}
