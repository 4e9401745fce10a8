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

    private static readonly string[] Shells = ["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "rbash"];

    /// <summary>What leads out of a container wherever it stands: the host's files through process 1, the old cgroup escape.</summary>
    private static readonly string[] Marks = ["/proc/1/root", "release_agent"];

    /// <summary>Where Kubernetes puts the token of a pod.</summary>
    private static readonly string[] Tokens = ["/run/secrets/kubernetes.io", "/run/secrets/tokens/"];

    /// <summary>Flags whose value is a script that is run in the container.</summary>
    private static readonly string[] ScriptFlags = ["health-cmd", "health-startup-cmd"];

    public static void Read(Reading reading)
    {
        foreach (FlagUse use in reading.Line.Flags.Where(static use => ScriptFlags.Contains(use.Flag.Long)).TakeLast(1))
        {
            foreach (List<string> command in ShellScript.Commands(reading.Text(use)))
            {
                Read(reading, command, Reading.ArgOf(use), 1);
            }
        }

        if (StartOf(reading) is not (int start and >= 0))
        {
            return;
        }

        // When an unknown flag may have swallowed the image, the command may begin a word or two earlier.
        int earliest = reading.Line.PositionalsAreUncertain ? Math.Max(0, start - 2) : start;
        for (int from = earliest; from <= start; from++)
        {
            Read(reading, from);
        }
    }

    /// <summary>The positional that the command in the container begins with; -1 if there is none such.</summary>
    internal static int StartOf(Reading reading)
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
        words.AddRange(EntryPoint(reading));

        for (int i = from; i < positionals.Count && words.Count < MostWords; i++)
        {
            words.Add(reading.Line.Text(positionals[i]));
        }

        int arg = from < positionals.Count ? positionals[from] : -1;
        Read(reading, words, arg, 0);
    }

    /// <summary>--entrypoint: a program; podman takes a JSON list of it and its arguments too, nerdctl a word each time.</summary>
    private static IEnumerable<string> EntryPoint(Reading reading)
    {
        if (reading.Last("entrypoint") is not FlagUse last)
        {
            return [];
        }

        string text = reading.Text(last);
        return last.Flag.Repetition != Repetition.Last
            ? reading.Line.Flags.Where(use => use.Flag == last.Flag).Take(MostWords).Select(use => reading.Text(use))
            : text is ['[', ..] && Lists.Json(text) is List<string> words ? words : [text];
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
        string? script = Shells.Contains(program) ? ScriptOf(words, start) : null;
        switch (program)
        {
            case "nsenter" or "unshare":
                Add(reading, program, null, words[start..], arg);
                break;
            case "chroot":
                int root = words.FindIndex(start + 1, static word => word is not ['-', ..]);
                if (root >= 0)
                {
                    Add(reading, program, HostPath.Clean(words[root]), words[start..(root + 1)], arg);
                }

                break;
        }

        if (script is null)
        {
            ReadMarks(reading, words, arg);
            return;
        }

        foreach (List<string> command in ShellScript.Commands(script))
        {
            Read(reading, command, arg, depth + 1);
        }
    }

    private static void ReadMarks(Reading reading, List<string> words, int arg)
    {
        foreach (string word in words)
        {
            foreach (string mark in Marks)
            {
                if (word.Contains(mark, StringComparison.Ordinal))
                {
                    Add(reading, mark, null, [word], arg);
                }
            }

            if (NamesToken(word))
            {
                reading.Facts.Add(new Fact(FactKind.SecretsRead, "", arg) { Evidence = word });
            }
        }
    }

    /// <summary>Whether a path leads to the token of a pod.</summary>
    public static bool NamesToken(string path) => Tokens.Any(token => path.Contains(token, StringComparison.Ordinal));

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
