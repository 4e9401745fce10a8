using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>Finds the commands that a command line runs in a container.</summary>
internal static class InnerCommands
{
    /// <summary>Words of an inner command that are looked at.</summary>
    private const int MostWords = 4096;

    /// <summary>Where Kubernetes puts the token of a pod.</summary>
    private static readonly string[] Tokens = ["/run/secrets/kubernetes.io", "/run/secrets/tokens/"];

    /// <summary>Flags whose value is a script that is run in the container.</summary>
    private static readonly string[] ScriptFlags = ["health-cmd", "health-startup-cmd"];

    public static void Read(Reading reading)
    {
        foreach (FlagUse use in reading.Line.Flags.Where(static use => ScriptFlags.Contains(use.Flag.Long)).TakeLast(1))
        {
            Read(reading, ["sh", "-c", reading.Text(use)], Reading.ArgOf(use));
        }

        List<string> entryPoint = EntryPoint(reading);
        FlagUse? arguments = reading.Line.Command.Path == "service update" ? reading.Last("args") ?? reading.Last("entrypoint") : null;
        if (arguments is FlagUse given)
        {
            Read(reading, [.. entryPoint, .. given.Flag.Long == "args" ? Split(reading.Text(given)) : []], Reading.ArgOf(given));
        }

        if (StartOf(reading) is not (int start and >= 0))
        {
            return;
        }

        // When an unknown flag may have swallowed the image, the command may begin a word or two earlier.
        int earliest = reading.Line.PositionalsAreUncertain ? Math.Max(0, start - 2) : start;
        for (int from = earliest; from <= start; from++)
        {
            List<int> positionals = reading.Line.Positionals;
            IEnumerable<string> words = positionals.Skip(from).Take(MostWords).Select(reading.Line.Text);
            Read(reading, [.. entryPoint, .. words], from < positionals.Count ? positionals[from] : -1);
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

    /// <param name="words">A program and its arguments; empty ones in front of it are an entry point that is taken back.</param>
    /// <param name="arg">Index in argv of where the command stands.</param>
    public static void Read(Reading reading, List<string> words, int arg)
    {
        var context = new ShellContext(DirectoryOf(reading), words.Sum(static word => (long)word.Length));
        foreach (FlagUse use in reading.Line.Flags.Where(static use => use is { Flag.Long: "env", HasValue: true }))
        {
            if (reading.Text(use) is string variable && ShellContext.IsAssignment(variable))
            {
                context.Assign(variable);
            }
        }

        new InnerCommand(reading, arg, context).Read(new ShellCommand { Words = words });
    }

    /// <summary>Whether a path leads to the token of a pod.</summary>
    public static bool NamesToken(string path) => Tokens.Any(token => path.Contains(token, StringComparison.Ordinal));

    internal static string BaseName(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>
    /// --entrypoint: a program; podman takes a JSON list of it and its arguments too, nerdctl a word each time, services of docker
    /// take a command line. Empty, it takes back that of the image, and the arguments are the command.
    /// </summary>
    private static List<string> EntryPoint(Reading reading)
    {
        if (reading.Last("entrypoint") is not FlagUse last)
        {
            return [];
        }

        string text = reading.Text(last);
        return last.Flag.Repetition != Repetition.Last
            ? [.. reading.Line.Flags.Where(use => use.Flag == last.Flag).Take(MostWords).Select(use => reading.Text(use))]
            : reading.Line.Command.Path is "service create" or "service update" or "compose run" ? Split(text)
            : text is ['[', ..] && Lists.Json(text) is List<string> words ? words
            : [text];
    }

    private static List<string> Split(string commandLine) => [.. ShellScript.Commands(commandLine).SelectMany(static words => words)];

    /// <summary>The directory in the container that the command is started in.</summary>
    private static string? DirectoryOf(Reading reading) =>
        (reading.Last("workdir") ?? reading.Last("cwd")) is FlagUse use ? HostPath.Resolve(reading.Text(use), "/") : null;
}
