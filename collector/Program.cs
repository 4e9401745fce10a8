using System.CommandLine;
using Tallyman.Cli;
using Tallyman.Collector.Cli;

var root = new RootCommand("Receives the alerts of Tallyman agents, stores them, shows them and sends them on.")
{
    new ServeCommand(),
    new ExportCommand(),
    new ForwardCommand(),
};

return await CommandLineProgram.RunAsync(root, args);
