namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>A program that runs another one which stands behind it.</summary>
/// <param name="ValueFlags">Its flags that take the next word as their value.</param>
/// <param name="Operands">Words of its own in front of the program: a duration, a user.</param>
/// <param name="TakesScript">Whether it takes a script behind -c.</param>
/// <param name="IsScript">Whether the words behind it are one script.</param>
internal sealed record Launcher(string[] ValueFlags, int Operands = 0, bool TakesScript = false, bool IsScript = false);

internal static class Launchers
{
    private static readonly Dictionary<string, Launcher> All = new(StringComparer.Ordinal)
    {
        ["sudo"] = new(["-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T", "-U", "-r", "-t", "--user", "--group", "--chdir", "--chroot"]),
        ["doas"] = new(["-u", "-C"]),
        ["su"] = new(["-g", "-G", "-s", "-w"], TakesScript: true),
        ["runuser"] = new(["-u", "-g", "-G", "-s", "-w", "--user"], TakesScript: true),
        ["gosu"] = new([], Operands: 1),
        ["su-exec"] = new([], Operands: 1),
        ["setuidgid"] = new([], Operands: 1),
        ["s6-setuidgid"] = new([], Operands: 1),
        ["setpriv"] = new(["--reuid", "--regid", "--groups", "--inh-caps", "--ambient-caps", "--bounding-set", "--securebits", "--pdeathsig", "--selinux-label", "--apparmor-profile"]),
        ["capsh"] = new([], TakesScript: true),
        ["env"] = new(["-u", "-C", "--unset", "--chdir"]),
        ["nice"] = new(["-n", "--adjustment"]),
        ["ionice"] = new(["-c", "-n", "-p"]),
        ["chrt"] = new(["-T", "-P", "-D"], Operands: 1),
        ["taskset"] = new([], Operands: 1),
        ["timeout"] = new(["-s", "-k", "--signal", "--kill-after"], Operands: 1),
        ["flock"] = new(["-w", "-E", "--timeout", "--wait", "--conflict-exit-code"], Operands: 1, TakesScript: true),
        ["stdbuf"] = new(["-i", "-o", "-e"]),
        ["unbuffer"] = new([]),
        ["script"] = new(["-E", "-I", "-O", "-B", "-T", "-m", "-o"], TakesScript: true),
        ["strace"] = new(["-a", "-b", "-e", "-E", "-I", "-o", "-O", "-p", "-P", "-s", "-S", "-u", "-U", "-X"]),
        ["ltrace"] = new(["-a", "-D", "-e", "-F", "-l", "-n", "-o", "-p", "-s", "-u", "-w", "-x"]),
        ["xargs"] = new(["-I", "-n", "-P", "-L", "-d", "-a", "-E", "-s"]),
        ["setsid"] = new([]),
        ["nohup"] = new([]),
        ["exec"] = new(["-a"]),
        ["command"] = new([]),
        ["builtin"] = new([]),
        ["eval"] = new([], IsScript: true),
        ["watch"] = new(["-n", "-q", "--interval", "--equexit"], IsScript: true),
        ["time"] = new(["-f", "-o"]),
        ["busybox"] = new([]),
        ["toybox"] = new([]),
        ["tini"] = new(["-p", "-e"]),
        ["catatonit"] = new([]),
        ["dumb-init"] = new(["-r", "--rewrite"]),
    };

    /// <param name="script">What is run by a shell instead of a program; null if nothing is.</param>
    /// <returns>Where in the words the program stands that is run in the end; behind them if there is none.</returns>
    public static int SkipIn(List<string> words, out string? script)
    {
        script = null;
        bool mayHaveScript = true;
        int i = 0;
        while (i < words.Count)
        {
            if (words[i].Length == 0 || ShellContext.IsAssignment(words[i]))
            {
                i++;
                continue;
            }

            string program = InnerCommands.BaseName(words[i]);
            if (!All.TryGetValue(program, out Launcher? launcher))
            {
                return i;
            }

            if (launcher.TakesScript && mayHaveScript)
            {
                script = ScriptIn(words, i + 1);
                mayHaveScript = false; // nor will those behind it find one
            }

            i = script is null ? SkipFlags(words, i + 1, program, launcher, out script) : words.Count;
            if (launcher.IsScript)
            {
                script = string.Join(' ', words.Skip(i));
                i = words.Count;
            }
        }

        return i;
    }

    private static int SkipFlags(List<string> words, int i, string program, Launcher launcher, out string? script)
    {
        script = null;
        for (; i < words.Count && words[i] is ['-', _, ..]; i++)
        {
            string flag = words[i];
            if (flag == "--")
            {
                i++;
                break;
            }

            if (program == "command" && flag.AsSpan().ContainsAny('v', 'V'))
            {
                return words.Count; // only looks where it is
            }

            if (program == "env" && (flag.StartsWith("-S", StringComparison.Ordinal) || flag.StartsWith("--split-string", StringComparison.Ordinal)))
            {
                bool isAttached = flag is ['-', 'S', _, ..] || flag.Contains('=');
                script = string.Join(' ', words.Skip(i + 1).Prepend(!isAttached ? "" : flag[1] == 'S' ? flag[2..] : flag[(flag.IndexOf('=', StringComparison.Ordinal) + 1)..]));
                return words.Count;
            }

            i += launcher.ValueFlags.Contains(flag) ? 1 : 0;
        }

        return Math.Min(i + launcher.Operands, words.Count);
    }

    /// <summary>What stands behind -c, which may be the last of a bundle, or --command.</summary>
    private static string? ScriptIn(List<string> words, int from)
    {
        for (int i = from; i < words.Count; i++)
        {
            if (words[i].StartsWith("--command=", StringComparison.Ordinal))
            {
                return words[i]["--command=".Length..];
            }

            if (words[i] is "--command" or "--session-command" or ['-', not '-', ..] and [.., 'c'])
            {
                return i + 1 < words.Count ? words[i + 1] : null;
            }
        }

        return null;
    }
}
