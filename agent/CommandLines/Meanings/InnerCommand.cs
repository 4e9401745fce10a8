using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>
/// One command that is run in the container, read for what leads out of it again: through launchers (env, sudo, timeout), in
/// scripts (sh -c, eval, su -c), in what is written for a shell (echo … | sh, here-documents).
/// </summary>
/// <param name="arg">Index in argv of where the command stands.</param>
internal sealed class InnerCommand(Reading reading, int arg, ShellContext context)
{
    private static readonly string[] Shells = ["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "rbash"];

    /// <summary>What leads out of a container wherever it stands: the host's files through process 1, the old cgroup escape.</summary>
    private static readonly string[] Marks = ["/proc/1/root", "release_agent"];

    public void Read(ShellCommand command, int depth = 0)
    {
        if (depth > ShellContext.Deepest)
        {
            return;
        }

        List<string> words = command.Words;
        string? input = command.Input ?? command.From?.Output;
        int at = Launchers.SkipIn(words, out string? script);
        string program = at < words.Count ? InnerCommands.BaseName(words[at]) : "";
        command.Output = input;
        switch (program)
        {
            case "echo" or "printf":
                command.Output = command.IsRead ? PrintedBy(program, words[(at + 1)..]) : null;
                words = command.IsRead ? words : words[..at];
                break;
            case "nsenter" or "unshare":
                Add(program, null, words[at..]);
                break;
            case "chroot":
                words = ReadChroot(words, at, depth);
                break;
            case "cd" or "pushd" when words.Skip(at + 1).FirstOrDefault(static word => word is not ['-', ..]) is string directory:
                context.ChangeDirectory(directory);
                break;
            case "trap":
                script = words.ElementAtOrDefault(at + 1);
                break;
            case "find":
                words = ReadActions(words, at, depth);
                break;
            case "grep" or "egrep" or "fgrep" or "zgrep" or "rg":
                words = SearchPattern.RemovedFrom(words, at);
                break;
            case "." or "source" when words.ElementAtOrDefault(at + 1) is "/dev/stdin":
                script = input;
                break;
            case string shell when Shells.Contains(shell):
                script = ScriptOf(words, at) ?? (ReadsInput(words, at) ? input : null);
                command.Output = null;
                break;
        }

        if (script is null || words.Contains(script)) // else the words are the script
        {
            ReadMarks(words, script);
        }

        if (command.Files is not null)
        {
            ReadMarks(command.Files, null);
        }

        if (script is not null)
        {
            ReadAll(script, ShellScript.Read, depth);
        }
        else if (command is { IsInputExpanded: true, Input: string document })
        {
            ReadAll(document, ShellScript.Substitutions, depth);
        }
    }

    private void ReadAll(string script, Func<string, ShellContext, List<ShellCommand>> read, int depth)
    {
        if (context.Spend(script.Length))
        {
            read(script, context).ForEach(command => Read(command, depth + 1));
        }
    }

    /// <summary>What a program that prints its arguments writes for the next one.</summary>
    private static string PrintedBy(string program, IEnumerable<string> arguments) =>
        string.Join(program == "printf" ? '\n' : ' ', arguments.SkipWhile(static word => word is ['-', ..])).Replace("\\n", "\n", StringComparison.Ordinal);

    /// <returns>The words that are its own.</returns>
    private List<string> ReadChroot(List<string> words, int at, int depth)
    {
        int root = words.FindIndex(at + 1, static word => word is not ['-', ..]);
        if (root < 0)
        {
            return words;
        }

        Add("chroot", context.Resolve(words[root]), words[at..(root + 1)]);
        Read(new ShellCommand { Words = words[(root + 1)..] }, depth + 1);
        return words[..(root + 1)];
    }

    /// <summary>find … -exec PROGRAM … ;</summary>
    /// <returns>The words that are its own.</returns>
    private List<string> ReadActions(List<string> words, int at, int depth)
    {
        var own = new List<string>();
        for (int i = at; i < words.Count; i++)
        {
            own.Add(words[i]);
            if (words[i] is "-exec" or "-execdir" or "-ok" or "-okdir")
            {
                int end = words.FindIndex(i, static word => word is ";" or "+");
                end = end < 0 ? words.Count : end;
                Read(new ShellCommand { Words = words[(i + 1)..end] }, depth + 1);
                i = end;
            }
        }

        return own;
    }

    /// <param name="except">The script among them, which is read by itself.</param>
    private void ReadMarks(List<string> words, string? except)
    {
        foreach (string word in words)
        {
            if (word == except)
            {
                continue;
            }

            string path = PathIn(word);
            foreach (string mark in Marks)
            {
                if (path.Contains(mark, StringComparison.Ordinal))
                {
                    Add(mark, null, [word]);
                }
            }

            if (InnerCommands.NamesToken(path))
            {
                reading.Facts.Add(new Fact(FactKind.SecretsRead, "", arg) { Evidence = word });
            }
        }
    }

    /// <summary>The path in a word, also in one like if=/etc//passwd, as the kernel reads it.</summary>
    private string PathIn(string word)
    {
        if (word is not ['/' or '-', ..] && context.Directory is "/" or ['/', 'p', 'r', 'o', 'c', ..])
        {
            return context.Resolve(word);
        }

        int slash = word.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? word : HostPath.Clean(word[slash..]);
    }

    private void Add(string program, string? path, List<string> evidence) =>
        reading.Facts.Add(new Fact(FactKind.InnerCommand, program, arg) { Path = path, Evidence = string.Join(' ', evidence) });

    /// <summary>The word behind -c, which may be one of a bundle: sh -ec SCRIPT. Those behind that are its $0, $1, ….</summary>
    private string? ScriptOf(List<string> words, int shell)
    {
        for (int i = shell + 1; i < words.Count && words[i] is ['-' or '+', ..]; i++)
        {
            if (words[i] is ['-', not '-', ..] && words[i].Contains('c'))
            {
                int script = words.FindIndex(i + 1, static word => word is not ['-', ..]);
                SetArguments(words, script < 0 ? words.Count : script + 1);
                return script < 0 ? null : words[script];
            }

            if (words[i] is "-o" or "+o" or "--rcfile" or "--init-file")
            {
                i++;
            }
        }

        return null;
    }

    private void SetArguments(List<string> words, int from)
    {
        for (int i = from; i < words.Count && i < from + 10; i++)
        {
            context.Set($"{i - from}", words[i]);
        }

        if (from + 1 < words.Count)
        {
            string all = string.Join(' ', words.Skip(from + 1));
            context.Set("@", all);
            context.Set("*", all);
        }
    }

    /// <summary>A shell without a script of its own: sh, bash -s, sh -, sh /dev/stdin.</summary>
    private static bool ReadsInput(List<string> words, int shell)
    {
        IEnumerable<string> arguments = words.Skip(shell + 1);
        return arguments.All(static word => word is ['-' or '+', ..] or "/dev/stdin" or "pipefail")
            || arguments.TakeWhile(static word => word is ['-' or '+', ..]).Any(static word => word is ['-', not '-', ..] && word.Contains('s'));
    }
}
