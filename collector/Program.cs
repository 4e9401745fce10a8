using Tallyman.Cli;
using Tallyman.Collector.Cli;

return await CommandLineProgram.RunAsync(Commands.Root(), args);
