using System.CommandLine;
using Tallyman.Cli;
using Tallyman.Collector.Cli;

var root = new RootCommand("Receives the alerts of Tallyman agents, stores them and shows them.")
{
    new ServeCommand(),
    new ExportCommand(),
};

return await CommandLineProgram.RunAsync(root, args);
