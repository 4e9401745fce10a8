using System.Collections.Immutable;
using Tallyman.Agent.CommandLines.Meanings;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines;

/// <summary>Reads argv as the tool itself would.</summary>
public static class CommandLineReader
{
    /// <summary>Reads the command line of an execution, and what the execution itself adds to it.</summary>
    public static Invocation Read(ExecEvent exec)
    {
        Invocation invocation = Read(exec.Program, exec.Argv, exec.Directory.ToString());
        return invocation with { Facts = [.. invocation.Facts, .. EnvironmentFacts.Of(exec, invocation), .. ExecutionFacts.Of(exec)] };
    }

    /// <param name="executable">Which tool it is; argv[0] is not asked.</param>
    /// <param name="directory">The caller's current directory, absolute; null if it is not known.</param>
    /// <returns>What was asked for. Total: there is an answer for any bytes.</returns>
    public static Invocation Read(Executable executable, Argv argv, string? directory)
    {
        Grammar grammar = Grammars.Of(executable.Tool);
        ParsedCommandLine line = Parse(grammar, executable, argv);
        var invocation = new Invocation(executable.Tool, line.UnknownCommand ?? line.Command.Path);
        if (line.WantsHelp && line.Error is null)
        {
            return invocation with { Warnings = ["help is asked for: nothing else is done"] };
        }

        var reading = new Reading(line, directory);
        ReadFlags(reading);
        ReadCommand(reading);
        InnerCommands.Read(reading);
        return invocation with
        {
            Image = line.PositionalsAreUncertain ? reading.Image : ImageOf(reading),
            Facts = [.. reading.Facts],
            ManifestOptions = [.. reading.ManifestOptions],
            Error = line.Error,
            Warnings = [.. reading.Warnings],
        };
    }

    /// <summary>What each element of argv is to the tool, in the order of argv.</summary>
    public static ImmutableArray<ArgumentReading> Roles(Executable executable, Argv argv)
    {
        ParsedCommandLine line = Parse(Grammars.Of(executable.Tool), executable, argv);
        if (line.PositionalsAreUncertain)
        {
            return ArgumentRoles.Of(line, imageAt: -1, commandFrom: -1);
        }

        var reading = new Reading(line, directory: null);
        return ArgumentRoles.Of(line, reading.Places.Image, InnerCommands.StartOf(reading));
    }

    private static ParsedCommandLine Parse(Grammar grammar, Executable executable, Argv argv)
    {
        var line = new ParsedCommandLine(argv, grammar.Root);
        switch (executable)
        {
            case { Name: "docker-compose" or "docker-buildx" }:
                DockerPlugins.Read(line, grammar, executable.Words[0]);
                break;
            case { Tool: Tool.Docker }:
                CobraCommands.ReadParsingRoot(line, grammar, 1);
                break;
            case { Tool: Tool.Podman or Tool.Nerdctl }:
                CobraCommands.ReadTraversing(line, grammar, 1);
                break;
            case { Tool: Tool.Kubectl }:
                CobraCommands.ReadFinding(line, grammar, 1);
                break;
            default:
                UrfaveCommands.Read(line, grammar, 1);
                break;
        }

        return line;
    }

    private static void ReadFlags(Reading reading)
    {
        List<FlagUse> uses = reading.Line.Flags;
        var lastUses = new Dictionary<GrammarFlag, int>(ReferenceEqualityComparer.Instance);
        for (int i = 0; i < uses.Count; i++)
        {
            if (uses[i].Flag is { Meanings.Count: > 0, Repetition: Repetition.Last })
            {
                lastUses[uses[i].Flag] = i;
            }
        }

        for (int i = 0; i < uses.Count; i++)
        {
            GrammarFlag flag = uses[i].Flag;
            if (flag.Meanings.Count > 0 && (flag.Repetition != Repetition.Last || lastUses[flag] == i))
            {
                foreach (Meaning meaning in flag.Meanings)
                {
                    meaning.Read(reading, uses[i]);
                }
            }
        }
    }

    private static void ReadCommand(Reading reading)
    {
        if (reading.Line.UnknownCommand is null)
        {
            foreach (Meaning meaning in reading.Line.Command.Meanings)
            {
                meaning.Read(reading, null);
            }
        }
    }

    private static string? ImageOf(Reading reading)
    {
        if (reading.Image is not null || reading.Places.Image < 0 || reading.Line.UnknownCommand is not null)
        {
            return reading.Image;
        }

        int arg = reading.Positional(reading.Places.Image);
        if (arg < 0)
        {
            reading.Warnings.Add("no image is named");
            return null;
        }

        return reading.Line.Text(arg) is { Length: > 0 } image ? image : null;
    }
}
