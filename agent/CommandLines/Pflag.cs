using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines;

/// <summary>
/// Reads flags as spf13/pflag does, which docker, kubectl, podman and nerdctl use. What it rejects becomes an error of the
/// command line, and reading goes on: a flag newer than the grammar must not hide those behind it.
/// </summary>
internal static class Pflag
{
    /// <summary>Reads the elements of argv at <paramref name="args"/> as flags and positionals of one command.</summary>
    /// <param name="command">Whose flags are accepted.</param>
    /// <param name="stops">Whether everything from the first positional on is a positional.</param>
    public static void Read(ParsedCommandLine line, ReadOnlySpan<int> args, GrammarCommand command, bool stops)
    {
        for (int i = 0; i < args.Length; i++)
        {
            int arg = args[i];
            ReadOnlySpan<byte> text = line.Argv[arg];
            if (text is not [(byte)'-', _, ..])
            {
                line.Positionals.Add(arg);
                if (stops)
                {
                    line.Positionals.AddRange(args[(i + 1)..]);
                    return;
                }
            }
            else if (text.SequenceEqual("--"u8))
            {
                line.PositionalsBeforeDashes = line.Positionals.Count;
                line.Positionals.AddRange(args[(i + 1)..]);
                return;
            }
            else if (text[1] == '-')
            {
                i += ReadLong(line, command, arg, i + 1 < args.Length ? args[i + 1] : -1);
            }
            else
            {
                i += ReadShorts(line, command, arg, i + 1 < args.Length ? args[i + 1] : -1);
            }
        }
    }

    /// <summary>Go's strconv.ParseBool: these spellings and no others; null for all else.</summary>
    public static bool? ParseBool(ReadOnlySpan<byte> text)
    {
        if (text.SequenceEqual("true"u8) || text.SequenceEqual("1"u8) || text.SequenceEqual("t"u8) || text.SequenceEqual("T"u8)
            || text.SequenceEqual("TRUE"u8) || text.SequenceEqual("True"u8))
        {
            return true;
        }

        return text.SequenceEqual("false"u8) || text.SequenceEqual("0"u8) || text.SequenceEqual("f"u8) || text.SequenceEqual("F"u8)
            || text.SequenceEqual("FALSE"u8) || text.SequenceEqual("False"u8) ? false : null;
    }

    /// <returns>How many further elements it took: 0 or 1.</returns>
    private static int ReadLong(ParsedCommandLine line, GrammarCommand command, int arg, int next)
    {
        ReadOnlySpan<byte> name = line.Argv[arg][2..];
        int equals = name.IndexOf((byte)'=');
        if (equals >= 0)
        {
            name = name[..equals];
        }

        GrammarFlag? flag = command.Long(name);
        if (flag is null)
        {
            if (name.SequenceEqual("help"u8))
            {
                line.WantsHelp = true;
                return 0;
            }

            line.FailAtFlag(name is [] or [(byte)'-', ..] ? "bad flag" : "unknown flag:", line.Argv[arg][..(2 + name.Length)]);
            return equals >= 0 ? 0 : SkipPossibleValue(line, next);
        }

        if (equals >= 0)
        {
            Add(line, new FlagUse(flag, arg, arg, 2 + equals + 1));
            return 0;
        }

        return AddWithoutValue(line, flag, arg, next);
    }

    private static int ReadShorts(ParsedCommandLine line, GrammarCommand command, int arg, int next)
    {
        ReadOnlySpan<byte> text = line.Argv[arg];
        for (int i = 1; i < text.Length; i++)
        {
            GrammarFlag? flag = command.Short(text[i]);
            if (flag is null)
            {
                if (text[i] == 'h')
                {
                    line.WantsHelp = true;
                    continue;
                }

                line.FailAtFlag($"unknown shorthand flag: '{(char)text[i]}' in", text);
                return i + 1 < text.Length ? 0 : SkipPossibleValue(line, next);
            }

            bool isLast = i + 1 == text.Length;
            if (text.Length - i > 2 && text[i + 1] == '=')
            {
                Add(line, new FlagUse(flag, arg, arg, i + 2));
                return 0;
            }

            if (flag.Value != FlagValue.Required)
            {
                Add(line, new FlagUse(flag, arg, -1, 0));
                continue;
            }

            if (!isLast)
            {
                Add(line, new FlagUse(flag, arg, arg, i + 1));
                return 0;
            }

            return AddWithoutValue(line, flag, arg, next);
        }

        return 0;
    }

    private static int AddWithoutValue(ParsedCommandLine line, GrammarFlag flag, int arg, int next)
    {
        if (flag.Value != FlagValue.Required)
        {
            Add(line, new FlagUse(flag, arg, -1, 0));
            return 0;
        }

        if (next < 0)
        {
            line.FailAtFlag("flag needs an argument:", line.Argv[arg]);
            return 0;
        }

        Add(line, new FlagUse(flag, arg, next, 0));
        return 1;
    }

    private static void Add(ParsedCommandLine line, FlagUse use)
    {
        if (use.Flag.Value == FlagValue.Switch && use.HasValue && ParseBool(line.Value(use)) is null)
        {
            line.FailAtFlag("invalid boolean value in", line.Argv[use.Arg]);
            return;
        }

        if (use.Flag.Long == "help")
        {
            line.WantsHelp = !use.HasValue || ParseBool(line.Value(use)) == true;
        }

        line.Flags.Add(use);
    }

    /// <summary>
    /// Nobody knows whether an unknown flag takes a value. If the next element looks like one it is passed over: were it
    /// taken for the image, every flag behind it would be lost.
    /// </summary>
    private static int SkipPossibleValue(ParsedCommandLine line, int next)
    {
        if (next < 0 || line.Argv[next] is [(byte)'-', _, ..])
        {
            return 0;
        }

        line.PositionalsAreUncertain = true;
        line.Positionals.Add(next);
        return 1;
    }
}
