using System.CommandLine;
using Tallyman.Agent.Cli;
using Tallyman.Cli;

var root = new RootCommand("Tells who on this host uses a container command line to get at the host, and how badly.")
{
    new RunCommand(),
    new ReplayCommand(),
    new ScoreCommand(),
    new RedactCommand(),
    new StatusCommand(),
    new SpoolCommand(),
    new RulesCommand(),
    new ConfigCommand(),
    new VersionCommand(),
};

return await CommandLineProgram.RunAsync(root, ForeignWords.Protect(args));
