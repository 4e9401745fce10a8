using System.Runtime.InteropServices;

namespace Tallyman.Agent.CommandLines;

/// <summary>
/// Finds the command as spf13/cobra does, in the three ways in which docker, podman and nerdctl, and kubectl set it up,
/// and has <see cref="Pflag"/> read the rest. Verified against the real programs: Grammars/README.md.
/// </summary>
internal static class CobraCommands
{
    /// <summary>docker: the root's flags are parsed for real, up to the first word; below, each level has its own.</summary>
    public static void ReadParsingRoot(ParsedCommandLine line, Grammar grammar, int from)
    {
        var root = new ParsedCommandLine(line.Argv, grammar.Root);
        Pflag.Read(root, Range(from, line.Argv.Count), grammar.Root, stops: true);
        line.AdoptFlags(root);

        // An unknown flag may have left its value in front of the command word.
        ReadOnlySpan<int> words = CollectionsMarshal.AsSpan(root.Positionals);
        int skip = root.PositionalsAreUncertain ? root.Positionals.FindIndex(word => grammar.Root.Child(line.Argv[word]) is not null) : 0;
        Traverse(line, grammar, words[Math.Max(0, skip)..]);
    }

    /// <summary>podman, nerdctl: every level's flags end at the next command word, and bundles are not looked into to find it.</summary>
    public static void ReadTraversing(ParsedCommandLine line, Grammar grammar, int from) =>
        Traverse(line, grammar, Range(from, line.Argv.Count));

    /// <summary>kubectl: command words are picked out wherever they stand, and the last command reads all flags.</summary>
    public static void ReadFinding(ParsedCommandLine line, Grammar grammar, int from)
    {
        List<int> rest = [.. Range(from, line.Argv.Count)];
        int place = FirstWord(line, rest);
        while (place >= 0 && line.Command.Child(line.Argv[rest[place]]) is GrammarCommand child)
        {
            line.Command = child;
            rest.RemoveAt(place);
            place = FirstWord(line, rest);
        }

        GrammarCommand flags = line.Command;
        if (line.Command.IsGroup && place >= 0)
        {
            SetUnknown(line, rest[place]);
            rest.RemoveAt(place);
            flags = grammar.AnyCommand;
        }

        Pflag.Read(line, CollectionsMarshal.AsSpan(rest), flags, flags.StopsAtFirstPositional);
    }

    /// <summary>Reads on from a command that is known, cobra's Traverse.</summary>
    public static void Traverse(ParsedCommandLine line, Grammar grammar, ReadOnlySpan<int> args)
    {
        int place = NextWord(line, args);
        while (!line.Command.IsUnparsed && place >= 0 && line.Command.Child(line.Argv[args[place]]) is GrammarCommand child)
        {
            // What stands in front of the command word are flags of this level; a positional there goes unheard.
            var level = new ParsedCommandLine(line.Argv, line.Command);
            Pflag.Read(level, args[..place], line.Command, stops: false);
            line.AdoptFlags(level);
            line.Command = child;
            args = args[(place + 1)..];
            place = NextWord(line, args);
        }

        GrammarCommand flags = line.Command;
        if (line.Command.IsUnparsed)
        {
            line.Positionals.AddRange(args);
            return;
        }

        if (line.Command.IsGroup && place >= 0)
        {
            SetUnknown(line, args[place]);
            args = args[(place + 1)..];
            flags = grammar.AnyCommand;
        }

        Pflag.Read(line, args, flags, flags.StopsAtFirstPositional);
    }

    /// <summary>
    /// Where cobra's Traverse sees the first word. It judges by form: behind a flag that takes a value it passes over one
    /// element, unless that looks like such a flag again.
    /// </summary>
    private static int NextWord(ParsedCommandLine line, ReadOnlySpan<int> args)
    {
        bool isValue = false;
        for (int i = 0; i < args.Length; i++)
        {
            ReadOnlySpan<byte> text = line.Argv[args[i]];
            if (text is [(byte)'-', (byte)'-', ..] && !text.Contains((byte)'='))
            {
                isValue = TakesNext(line.Command, text);
            }
            else if (TakesNext(line.Command, text))
            {
                isValue = true;
            }
            else if (isValue)
            {
                isValue = false;
            }
            else if (text is not [(byte)'-', _, ..])
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Where cobra's Find sees the first word; -1 if there is none before "--". It passes over the element behind a flag, whatever it is.</summary>
    private static int FirstWord(ParsedCommandLine line, List<int> args)
    {
        for (int i = 0; i < args.Count; i++)
        {
            ReadOnlySpan<byte> text = line.Argv[args[i]];
            if (text.SequenceEqual("--"u8))
            {
                return -1;
            }

            if (TakesNext(line.Command, text))
            {
                i++;
            }
            else if (text is not [] and not [(byte)'-', ..])
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Whether, by its form, a value stands in the next element. A flag that is not known is taken to have one.</summary>
    private static bool TakesNext(GrammarCommand command, ReadOnlySpan<byte> text)
    {
        if (text is not [(byte)'-', _, ..] || text.Contains((byte)'='))
        {
            return false;
        }

        GrammarFlag? flag;
        if (text[1] == '-')
        {
            flag = command.Long(text[2..]);
            return flag is null ? !text.SequenceEqual("--help"u8) : flag.Value == FlagValue.Required;
        }

        flag = command.Short(text[1]);
        return text.Length == 2 && (flag is null ? text[1] != 'h' : flag.Value == FlagValue.Required);
    }

    private static void SetUnknown(ParsedCommandLine line, int arg)
    {
        string word = line.Text(arg);
        if (word == "help" && line.Command.Path.Length == 0)
        {
            line.WantsHelp = true; // cobra has this command by itself
            return;
        }

        line.UnknownCommand = $"{line.Command.Path} {word}".TrimStart();
        line.Fail($"unknown command {word}");
    }

    private static int[] Range(int from, int to)
    {
        int[] range = new int[Math.Max(0, to - from)];
        for (int i = 0; i < range.Length; i++)
        {
            range[i] = from + i;
        }

        return range;
    }
}
