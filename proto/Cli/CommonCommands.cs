using System.CommandLine;

namespace Tallyman.Cli;

/// <summary>The commands that both programs have.</summary>
public static class CommonCommands
{
    public static Command Completion(string program) => new CompletionCommand(program);

    /// <param name="sections">The first is printed where none is asked for.</param>
    public static Command Man(string program, params ManualSection[] sections) => new ManCommand(program, sections);
}
