using System.CommandLine;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Tallyman.Cli;
using Tallyman.Rendering;

namespace Tallyman.Agent.Cli;

/// <summary><c>score</c>: explains one command line, or many of them from standard input.</summary>
internal sealed class ScoreCommand : Command, ICommandWithExamples
{
    private readonly Argument<string[]> _argv = new("argv")
    {
        Description = "The command line, with the tool first",
        HelpName = "ARGV",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly ProfileOption _profile = new();
    private readonly Option<bool> _json = new("--json") { Description = "Answer in JSON" };

    private readonly Option<bool> _jsonl = new("--jsonl")
    {
        Description = "Read command lines from standard input, one a line: a JSON array of strings or {\"argv\":[…],\"cwd\":\"…\",\"exe\":\"…\"}",
    };

    private readonly Option<string> _directory = new("--cwd")
    {
        Description = "The directory that relative paths start from",
        HelpName = "DIR",
        DefaultValueFactory = static _ => Environment.CurrentDirectory,
    };

    public ScoreCommand()
        : base("score", "Explain what a command line is worth")
    {
        Add(_profile);
        Add(_json);
        Add(_jsonl);
        Add(_directory);
        Add(_argv);
        SetAction(Run);
    }

    public IReadOnlyList<string> Examples =>
    [
        "tallyman score -- docker run --privileged -v /:/host alpine chroot /host sh",
        "tallyman score --json --profile published -- kubectl get secrets -A",
        "echo '[\"docker\",\"run\",\"--pid=host\",\"alpine\"]' | tallyman score --jsonl",
    ];

    private int Run(ParseResult parsed)
    {
        RuleSet rules = RuleSet.Shipped(parsed.GetRequiredValue(_profile));
        string directory = parsed.GetRequiredValue(_directory);
        string[] argv = parsed.GetValue(_argv) ?? [];
        if (parsed.GetValue(_jsonl))
        {
            return argv.Length == 0
                ? ScoreLines.Run(rules, directory, StandardStreams.OpenInput(), Console.Out)
                : throw new UserException(ExitCode.Usage, "--jsonl reads command lines from standard input; none may stand behind it");
        }

        Scored scored = Scorer.Score(rules, ForeignWords.Read(Name, argv), directory, executable: null);
        Console.Out.Write(parsed.GetValue(_json) ? AlertJson.Write(scored.Answer) + "\n" : ScoreText.Write(scored, rules, Terminal.Width, Terminal.WantsColour));
        return ExitCode.Fine;
    }
}
