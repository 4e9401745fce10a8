using System.Collections.Immutable;
using Tallyman.Agent.CommandLines.Meanings;
using Tallyman.Agent.CommandLines.Sockets;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines;

/// <summary>Reads argv as the tool itself would.</summary>
public static class CommandLineReader
{
    /// <summary>Reads the command line of an execution, and what the execution itself adds to it.</summary>
    public static Invocation Read(ExecEvent exec)
    {
        Invocation invocation = Read(exec.Program, exec.Argv, exec.Directory.ToString(), exec.Loaded);
        return invocation.SaysNothing
            ? invocation
            : invocation with { Facts = [.. invocation.Facts, .. EnvironmentFacts.Of(exec, invocation), .. ExecutionFacts.Of(exec)] };
    }

    /// <param name="program">Which program it is; argv[0] is asked only where the program itself goes by it.</param>
    /// <param name="directory">The caller's current directory, absolute; null if it is not known.</param>
    /// <param name="loaded">What the dynamic loader was told to run, where the name does not tell.</param>
    /// <returns>What was asked for. Total: there is an answer for any bytes.</returns>
    public static Invocation Read(Executable program, Argv argv, string? directory, Executable? loaded = null)
    {
        (Executable inner, int at) = FrontEnds.Unwrap(program, argv, loaded);
        return inner.Tool.IsContainerTool() ? ReadTool(inner, argv, at + 1, directory)
            : inner.Tool.IsSocketClient() ? SocketClients.Read(inner.Tool, argv, at + 1, directory)
            : inner.Tool == Tool.Unnamed ? UnnamedPrograms.Read(argv)
            : new Invocation(inner.Tool, "");
    }

    private static Invocation ReadTool(Executable executable, Argv argv, int from, string? directory)
    {
        ParsedCommandLine line = Parse(executable, argv, from);
        var invocation = new Invocation(executable.Tool, line.UnknownCommand ?? line.Command.Path);
        if (line.WantsHelp && line.Error is null)
        {
            return invocation with { IsHelp = true, Warnings = ["help is asked for: nothing else is done"] };
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
            IsDryRun = IsDryRun(reading),
            Error = line.Error,
            Warnings = [.. reading.Warnings],
        };
    }

    /// <summary>kubectl and compose can show what they would do; kubectl diff does nothing else.</summary>
    private static bool IsDryRun(Reading reading) => reading.Line.Error is null && (
        (reading.Last("dry-run") is FlagUse use && reading.Text(use) is not ("none" or "false"))
        || (reading.Line.Command.Long("local") is not null && reading.Line.Command.Path.StartsWith("set ", StringComparison.Ordinal) && reading.IsOn("local"))
        || reading.Line.Command.Path == "diff");

    /// <summary>What each element of argv is to the tool, in the order of argv.</summary>
    /// <param name="program">One that <see cref="Read(Executable, Argv, string?, Executable?)"/> finds one of the six tools in.</param>
    public static ImmutableArray<ArgumentReading> Roles(Executable program, Argv argv)
    {
        (Executable inner, int at) = FrontEnds.Unwrap(program, argv, loaded: null);
        ParsedCommandLine line = Parse(inner, argv, at + 1);
        if (line.PositionalsAreUncertain)
        {
            return ArgumentRoles.Of(line, imageAt: -1, commandFrom: -1);
        }

        var reading = new Reading(line, directory: null);
        return ArgumentRoles.Of(line, reading.Places.Image, InnerCommands.StartOf(reading));
    }

    /// <summary>How the words fall into command, flags and positionals, before it is asked what they mean.</summary>
    /// <param name="from">Index in argv of what stands behind the tool's name.</param>
    internal static ParsedCommandLine Parse(Executable executable, Argv argv, int from)
    {
        Grammar grammar = Grammars.Of(executable.Tool);
        var line = new ParsedCommandLine(argv, grammar.Root);
        switch (executable)
        {
            case { Name: "docker-compose" or "docker-buildx" }:
                DockerPlugins.Read(line, grammar, executable.Words[0], from);
                break;
            case { Tool: Tool.Docker }:
                CobraCommands.ReadParsingRoot(line, grammar, from);
                break;
            case { Tool: Tool.Podman or Tool.Nerdctl }:
                CobraCommands.ReadTraversing(line, grammar, from);
                break;
            case { Tool: Tool.Kubectl }:
                CobraCommands.ReadFinding(line, grammar, from);
                break;
            default:
                UrfaveCommands.Read(line, grammar, from);
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
