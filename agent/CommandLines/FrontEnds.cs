using System.Text;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines;

/// <summary>Programs that have tools inside, or start them: k3s kubectl …, ld.so /usr/bin/docker ….</summary>
internal static class FrontEnds
{
    /// <summary>How many may stand before one another: ld.so k3s kubectl.</summary>
    private const int Deepest = 8;

    private static readonly Dictionary<Tool, FrontEnd> All = new()
    {
        // k3s 1.36 cmd/k3s/main.go and cmd/server/main.go: the name it is called by counts before its words.
        [Tool.K3s] = new(["kubectl", "crictl", "ctr"], ["--data-dir", "-data-dir", "-d", "--d"], GoesByName: true),
        // k0s 1.34: kubectl's command is one of its own, kc for short, with k0s' flags on every level.
        [Tool.K0s] = new(["kubectl", "kc", "ctr"], ["--config", "-c", "--data-dir", "--debugListenOn", "--status-socket"]),
        // Its shell script microk8s.wrapper passes everything on.
        [Tool.Microk8s] = new(["kubectl", "ctr"], []),
        // minikube 1.37 cmd/minikube: its own flags may stand on both sides of the word, a "--" ends them.
        [Tool.Minikube] = new(
            ["kubectl"],
            ["-p", "--profile", "-b", "--bootstrapper", "--user", "-v", "--v", "--vmodule", "--log_dir", "--log_file", "--log_file_max_size", "--log_backtrace_at", "--stderrthreshold"],
            GoesByName: true,
            EndsWithDashes: true),
    };

    /// <summary>The program that does the work in the end, and the index in argv of its name; itself if nothing else is started.</summary>
    /// <param name="loaded">What the dynamic loader was told to run, where the name does not tell.</param>
    public static (Executable Program, int At) Unwrap(Executable program, Argv argv, Executable? loaded)
    {
        int at = 0;
        for (int depth = 0; depth < Deepest && Inner(program.Tool, argv, at, loaded) is (Executable inner, int innerAt); depth++)
        {
            (program, at) = (inner, innerAt);
        }

        return (program, at);
    }

    private static (Executable Program, int At)? Inner(Tool tool, Argv argv, int at, Executable? loaded)
    {
        switch (tool)
        {
            case Tool.Loader:
                int name = DynamicLoader.ProgramIn(argv, at);
                return name >= 0 && (Executables.OfPath(argv[name]) ?? loaded) is Executable program ? (program, name) : null;
            case Tool.Oc:
                return HasCommandOfKubectl(argv, at) ? (Executables.OfPath("kubectl"u8)!, at) : null;
            default:
                return All.TryGetValue(tool, out FrontEnd? frontEnd) ? Inner(frontEnd, argv, at) : null;
        }
    }

    private static (Executable Program, int At)? Inner(FrontEnd frontEnd, Argv argv, int at)
    {
        if (frontEnd.GoesByName && at < argv.Count && frontEnd.Find(argv[at][(argv[at].LastIndexOf((byte)'/') + 1)..]) is Executable named)
        {
            return (named, at);
        }

        int word = frontEnd.SkipFlags(argv, at + 1);
        if (word >= argv.Count || frontEnd.Find(argv[word]) is not Executable tool)
        {
            return null;
        }

        if (!frontEnd.EndsWithDashes)
        {
            return (tool, word);
        }

        int behind = frontEnd.SkipFlags(argv, word + 1);
        return (tool, behind < argv.Count && argv[behind].SequenceEqual("--"u8) ? behind : behind - 1);
    }

    /// <summary>oc is kubectl with more commands, which are not read.</summary>
    private static bool HasCommandOfKubectl(Argv argv, int at)
    {
        Grammar kubectl = Grammars.Of(Tool.Kubectl);
        var line = new ParsedCommandLine(argv, kubectl.Root);
        CobraCommands.ReadFinding(line, kubectl, at + 1);
        return line.UnknownCommand is null && line.Command != kubectl.Root;
    }

    /// <param name="Tools">The command words that are tools.</param>
    /// <param name="ValueFlags">Flags in front of them that take the next element.</param>
    /// <param name="GoesByName">Whether a tool's name as its own does the same.</param>
    /// <param name="EndsWithDashes">Whether its own flags may follow the word, up to "--".</param>
    private sealed record FrontEnd(string[] Tools, string[] ValueFlags, bool GoesByName = false, bool EndsWithDashes = false)
    {
        public Executable? Find(ReadOnlySpan<byte> word)
        {
            foreach (string tool in Tools)
            {
                if (Ascii.Equals(word, tool))
                {
                    return tool == "kc" ? Executables.OfPath("kubectl"u8) : Executables.OfPath(word);
                }
            }

            return null;
        }

        /// <summary>Where the first word stands, or "--".</summary>
        public int SkipFlags(Argv argv, int from)
        {
            int i = from;
            for (; i < argv.Count && argv[i] is [(byte)'-', _, ..] && !argv[i].SequenceEqual("--"u8); i++)
            {
                foreach (string flag in ValueFlags)
                {
                    if (Ascii.Equals(argv[i], flag))
                    {
                        i++;
                        break;
                    }
                }
            }

            return i;
        }
    }
}
