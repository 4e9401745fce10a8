using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>
/// Reads the command that is run in the container for the programs that lead out of it again, through launchers
/// (env, sudo, timeout) and shells (sh -c).
/// </summary>
internal static class InnerCommands
{
    /// <summary>How many shells may be in one another.</summary>
    private const int Deepest = 8;

    /// <summary>Words of an inner command that are looked at.</summary>
    private const int MostWords = 4096;

    public static void Read(Reading reading)
    {
        if (StartOf(reading) is not (int start and >= 0))
        {
            return;
        }

        // When an unknown flag may have swallowed the image, the command may begin a word or two earlier.
        int earliest = reading.Line.PositionalsAreUncertain ? 0 : start;
        for (int from = earliest; from <= start; from++)
        {
            Read(reading, from);
        }
    }

    private static int StartOf(Reading reading)
    {
        ParsedCommandLine line = reading.Line;
        bool isKubectl = line.Command.Path is "exec" or "debug" or "create deployment" or "create job" or "create cronjob" && !line.Command.StopsAtFirstPositional;
        if (isKubectl && line.PositionalsBeforeDashes >= 0)
        {
            return line.PositionalsBeforeDashes;
        }

        return reading.Places.CommandFrom;
    }

    private static void Read(Reading reading, int from)
    {
        List<int> positionals = reading.Line.Positionals;
        var words = new List<string>();
        if (reading.Last("entrypoint") is FlagUse entrypoint)
        {
            words.Add(reading.Text(entrypoint));
        }

        for (int i = from; i < positionals.Count && words.Count < MostWords; i++)
        {
            words.Add(reading.Line.Text(positionals[i]));
        }

        int arg = from < positionals.Count ? positionals[from] : -1;
        Read(reading, words, arg, 0);
    }

    /// <param name="arg">Index in argv of where the command stands.</param>
    public static void Read(Reading reading, List<string> words, int arg, int depth)
    {
        int start = Launchers.SkipIn(words);
        if (start >= words.Count || depth > Deepest)
        {
            return;
        }

        string program = BaseName(words[start]);
        switch (program)
        {
            case "nsenter":
                Add(reading, program, null, words[start..], arg);
                break;
            case "chroot":
                int root = words.FindIndex(start + 1, static word => word is not ['-', ..]);
                if (root >= 0)
                {
                    Add(reading, program, HostPath.Clean(words[root]), words[start..(root + 1)], arg);
                }

                break;
            case "sh" or "bash" or "dash" or "ash" or "zsh" or "ksh" or "mksh" or "rbash":
                if (ScriptOf(words, start) is string script)
                {
                    foreach (List<string> command in ShellScript.Commands(script))
                    {
                        Read(reading, command, arg, depth + 1);
                    }
                }

                break;
        }
    }

    private static void Add(Reading reading, string program, string? path, List<string> evidence, int arg) =>
        reading.Facts.Add(new Fact(FactKind.InnerCommand, program, arg) { Path = path, Evidence = string.Join(' ', evidence) });

    /// <summary>The word behind -c, which may be one of a bundle: sh -ec SCRIPT.</summary>
    private static string? ScriptOf(List<string> words, int shell)
    {
        for (int i = shell + 1; i < words.Count && words[i] is ['-' or '+', ..]; i++)
        {
            if (words[i] is ['-', not '-', ..] && words[i].Contains('c'))
            {
                return i + 1 < words.Count ? words.Skip(i + 1).FirstOrDefault(static word => word is not ['-', ..]) : null;
            }

            if (words[i] is "-o" or "+o" or "--rcfile" or "--init-file")
            {
                i++;
            }
        }

        return null;
    }

    internal static string BaseName(string path) => path[(path.LastIndexOf('/') + 1)..];
}

/// <summary>Programs that run another one which stands behind them.</summary>
internal static class Launchers
{
    /// <summary>Flags of a launcher that take the next word as their value.</summary>
    private static readonly Dictionary<string, string[]> ValueFlags = new(StringComparer.Ordinal)
    {
        ["sudo"] = ["-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T", "-U", "-r", "-t", "--user", "--group", "--chdir", "--chroot"],
        ["doas"] = ["-u", "-C"],
        ["env"] = ["-u", "-C", "-S", "--unset", "--chdir"],
        ["nice"] = ["-n", "--adjustment"],
        ["ionice"] = ["-c", "-n", "-p"],
        ["timeout"] = ["-s", "-k", "--signal", "--kill-after"],
        ["stdbuf"] = ["-i", "-o", "-e"],
        ["xargs"] = ["-I", "-n", "-P", "-L", "-d", "-a", "-E", "-s"],
        ["setsid"] = [],
        ["nohup"] = [],
        ["exec"] = ["-a"],
        ["command"] = [],
        ["time"] = ["-f", "-o"],
        ["busybox"] = [],
        ["toybox"] = [],
        ["tini"] = ["-p"],
        ["dumb-init"] = [],
    };

    /// <returns>Where in the words the program stands that is run in the end.</returns>
    public static int SkipIn(List<string> words)
    {
        int i = 0;
        while (i < words.Count)
        {
            if (IsAssignment(words[i]))
            {
                i++;
                continue;
            }

            string program = InnerCommands.BaseName(words[i]);
            if (!ValueFlags.TryGetValue(program, out string[]? valueFlags))
            {
                return i;
            }

            for (i++; i < words.Count && words[i] is ['-', _, ..]; i++)
            {
                if (words[i] == "--")
                {
                    i++;
                    break;
                }

                if (valueFlags.Contains(words[i]))
                {
                    i++;
                }
            }

            if (program == "timeout")
            {
                i++; // the duration
            }
        }

        return i;
    }

    private static bool IsAssignment(string word)
    {
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && word[..equals].All(static c => char.IsAsciiLetterOrDigit(c) || c == '_') && !char.IsAsciiDigit(word[0]);
    }
}
