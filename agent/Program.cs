using Tallyman.Agent.Cli;
using Tallyman.Cli;

return await CommandLineProgram.RunAsync(Commands.Root(), ForeignWords.Protect(args));
