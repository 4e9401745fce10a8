namespace Tallyman.Agent.CommandLines;

/// <summary>
/// Reads a command line as urfave/cli does, which ctr and crictl use: level by level, each with its own flags up to the
/// first word; one dash or two are the same.
/// </summary>
internal static class UrfaveCommands
{
    public static void Read(ParsedCommandLine line, Grammar grammar, int from)
    {
        int next = ReadFlags(line, line.Command, from);
        while (next < line.Argv.Count && line.Command.HasChildren)
        {
            if (line.Command.Child(line.Argv[next]) is not GrammarCommand child)
            {
                if (line.Command.IsGroup && line.Text(next) is "help" or "h")
                {
                    line.WantsHelp = true;
                    return;
                }

                if (line.Command.IsGroup)
                {
                    line.UnknownCommand = $"{line.Command.Path} {line.Text(next)}".TrimStart();
                    line.Fail($"unknown command {line.Text(next)}");
                    ReadPositionals(line, ReadFlags(line, grammar.AnyCommand, next + 1));
                    return;
                }

                break;
            }

            line.Command = child;
            next = ReadFlags(line, child, next + 1);
        }

        ReadPositionals(line, next);
        if (!line.Command.StopsAtFirstPositional)
        {
            ReadFlagsBehindPositionals(line, line.Command);
        }
    }

    private static void ReadPositionals(ParsedCommandLine line, int from)
    {
        for (int arg = from; arg < line.Argv.Count; arg++)
        {
            line.Positionals.Add(arg);
        }
    }

    /// <summary>
    /// containerd 1.x moves flags in front of the positionals before it reads them, 2.x does not. Both readings are
    /// possible on any host, so flags of the command count wherever they stand.
    /// </summary>
    private static void ReadFlagsBehindPositionals(ParsedCommandLine line, GrammarCommand command)
    {
        List<int> words = [.. line.Positionals];
        line.Positionals.Clear();
        for (int i = 0; i < words.Count; i++)
        {
            ReadOnlySpan<byte> text = line.Argv[words[i]];
            if (text.SequenceEqual("--"u8))
            {
                line.Positionals.AddRange(words[i..]);
                return;
            }

            if (text is [(byte)'-', _, ..] && Find(command, text, out ReadOnlySpan<byte> name) is GrammarFlag flag)
            {
                i += AddUse(line, flag, words[i], name, i + 1 < words.Count ? words[i + 1] : -1);
            }
            else
            {
                line.Positionals.Add(words[i]);
            }
        }
    }

    /// <returns>The index in argv of the first element that is none of the flags.</returns>
    private static int ReadFlags(ParsedCommandLine line, GrammarCommand command, int from)
    {
        for (int arg = from; arg < line.Argv.Count; arg++)
        {
            ReadOnlySpan<byte> text = line.Argv[arg];
            if (text is not [(byte)'-', _, ..])
            {
                return arg;
            }

            if (text.SequenceEqual("--"u8))
            {
                line.PositionalsBeforeDashes = 0;
                return arg + 1;
            }

            int next = arg + 1 < line.Argv.Count ? arg + 1 : -1;
            if (Find(command, text, out ReadOnlySpan<byte> name) is GrammarFlag flag)
            {
                arg += AddUse(line, flag, arg, name, next);
            }
            else if (name.SequenceEqual("help"u8) || name.SequenceEqual("h"u8))
            {
                line.WantsHelp = true;
            }
            else if (command.AllowsBundles && IsBundle(command, text))
            {
                arg += AddBundle(line, command, arg, next);
            }
            else
            {
                line.FailAtFlag("flag provided but not defined:", text[..((text[1] == '-' ? 2 : 1) + name.Length)]);
                if (!text.Contains((byte)'=') && next >= 0 && line.Argv[next] is not [(byte)'-', _, ..])
                {
                    line.PositionalsAreUncertain = true; // it may be the flag's value
                    if (command.HasChildren && command.Child(line.Argv[next]) is not null)
                    {
                        return next;
                    }

                    arg++;
                }
            }
        }

        return line.Argv.Count;
    }

    private static GrammarFlag? Find(GrammarCommand command, ReadOnlySpan<byte> text, out ReadOnlySpan<byte> name)
    {
        name = text[(text[1] == '-' ? 2 : 1)..];
        int equals = name.IndexOf((byte)'=');
        if (equals >= 0)
        {
            name = name[..equals];
        }

        return name.Length == 1 ? command.Short(name[0]) ?? command.Long(name) : command.Long(name);
    }

    private static int AddUse(ParsedCommandLine line, GrammarFlag flag, int arg, ReadOnlySpan<byte> name, int next)
    {
        ReadOnlySpan<byte> text = line.Argv[arg];
        int nameEnd = (text[1] == '-' ? 2 : 1) + name.Length;
        if (nameEnd < text.Length)
        {
            var use = new FlagUse(flag, arg, arg, nameEnd + 1);
            if (flag.Value == FlagValue.Switch && Pflag.ParseBool(line.Value(use)) is null)
            {
                line.FailAtFlag("invalid boolean value in", text);
                return 0;
            }

            line.Flags.Add(use);
            return 0;
        }

        if (flag.Value != FlagValue.Required)
        {
            line.WantsHelp |= flag.Long == "help";
            line.Flags.Add(new FlagUse(flag, arg, -1, 0));
            return 0;
        }

        if (next < 0)
        {
            line.FailAtFlag("flag needs an argument:", text);
            return 0;
        }

        line.Flags.Add(new FlagUse(flag, arg, next, 0));
        return 1;
    }

    private static bool IsBundle(GrammarCommand command, ReadOnlySpan<byte> text)
    {
        if (text.Length < 3 || text[1] == '-')
        {
            return false;
        }

        foreach (byte letter in text[1..])
        {
            if (command.Short(letter) is null)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Only the last letter of a bundle may take a value, and that from the next element.</summary>
    private static int AddBundle(ParsedCommandLine line, GrammarCommand command, int arg, int next)
    {
        ReadOnlySpan<byte> letters = line.Argv[arg][1..];
        foreach (byte letter in letters[..^1])
        {
            GrammarFlag flag = command.Short(letter)!;
            if (flag.Value == FlagValue.Required)
            {
                line.FailAtFlag("flag needs an argument in", line.Argv[arg]);
            }

            line.Flags.Add(new FlagUse(flag, arg, -1, 0));
        }

        GrammarFlag last = command.Short(letters[^1])!;
        if (last.Value != FlagValue.Required)
        {
            line.Flags.Add(new FlagUse(last, arg, -1, 0));
            return 0;
        }

        if (next < 0)
        {
            line.FailAtFlag("flag needs an argument:", line.Argv[arg]);
            return 0;
        }

        line.Flags.Add(new FlagUse(last, arg, next, 0));
        return 1;
    }
}
