using Tallyman.Agent.CommandLines.Meanings;

namespace Tallyman.Agent.Tests;

/// <summary>Command lines in tests, written as one types them.</summary>
internal static class ShellWords
{
    public static List<string> Split(string line)
    {
        List<List<string>> commands = ShellScript.Commands(line);
        return commands.Count == 1 ? commands[0] : throw new ArgumentException($"is not one command: {line}");
    }
}
