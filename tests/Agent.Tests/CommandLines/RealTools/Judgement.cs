using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Tests.CommandLines.Generated;

namespace Tallyman.Agent.Tests.CommandLines.RealTools;

/// <summary>Holds one command line after the other against a tool.</summary>
internal sealed class Judgement
{
    private const string NoBool = "maybe";

    private readonly RealTool _tool;
    private readonly GrammarData _grammar;
    private readonly LineGenerator _generator;
    private int _told;

    public Judgement(RealTool tool)
    {
        _tool = tool;
        _grammar = GrammarData.Load(tool.Tool, tool.Version);
        _generator = new LineGenerator(_grammar, FactTable.Load(tool.Tool), RealTool.Has, tool.Tool == "podman" ? RealTool.Keeps : static _ => true);
    }

    /// <summary>Lines of which the tool told whether they are valid; in the others a value was none for its flag.</summary>
    public int Told => _told;

    /// <returns>How tool, reader and the making of the line differ; null if they agree.</returns>
    public string? Judge(Random random)
    {
        GeneratedLine line = _generator.Make(random);
        (string[] argv, bool isValid) = Change(line, random);
        var answer = ToolAnswer.Of(_tool.Ask(argv[1..]), _grammar);
        string? error = CommandLineReader.Read(Executables.OfPath(Argv.Of(argv)[0])!, Argv.Of(argv), "/").Error;
        bool agree = isValid == error is null && answer switch
        {
            ToolAnswer.Help help => isValid && IsHelpOf(help.Command, line.Command),
            ToolAnswer.BadValue bad => bad.Value == NoBool ? !isValid : line.Uses.Any(use => use.Value == bad.Value && use.Flag.Answers(bad.Flag)),
            ToolAnswer.Refused => !isValid,
            _ => true,
        };
        if (answer is not (ToolAnswer.BadValue { Value: not NoBool } or ToolAnswer.Silent))
        {
            Interlocked.Increment(ref _told);
        }

        return agree ? null : $"""
            {line with { Argv = argv }}
              was made {(isValid ? "valid" : "invalid")}
              {_tool.Path}: {answer}
              reader: {error ?? "valid"}
            """;
    }

    /// <summary>podman has some commands in two groups, and its help names one of them.</summary>
    private bool IsHelpOf(string shown, string command) =>
        shown == command || (_tool.Tool == "podman" && shown.Split(' ')[^1] == command.Split(' ')[^1]);

    /// <summary>Asks for help, and puts something wrong where the last flag may stand, or nothing.</summary>
    private (string[] Argv, bool IsValid) Change(GeneratedLine line, Random random)
    {
        CommandData command = _grammar.BySpelling[line.Command];
        FlagData[] switches = [.. command.Accepted.Where(static flag => flag.Arity == Arity.Switch)];
        FlagData[] valued = [.. command.Accepted.Where(static flag => flag.Arity == Arity.Required)];

        // Where ctr moves flags, an unknown one may end up behind a "--" that it puts in front of the positionals.
        bool refusesUnknown = !_grammar.IsUrfave || line.Command is "run" or "tasks exec";
        return random.Next(6) switch
        {
            0 when refusesUnknown => (With(line, "--no-such-flag"), false),
            1 when refusesUnknown => (With(line, "-?"), false),
            2 when switches.Length > 0 => (With(line, $"--{switches[random.Next(switches.Length)].Long}={NoBool}"), false),
            3 when valued.Length > 0 => (With(line with { Argv = [.. line.Argv.Take(line.FlagsEnd)] }, $"--{valued[random.Next(valued.Length)].Long}"), false),
            _ => (With(line), true),
        };
    }

    private static string[] With(GeneratedLine line, params string[] words) =>
        [.. line.Argv.Take(line.CommandEnd), "--help", .. line.Argv.Take(line.FlagsEnd).Skip(line.CommandEnd), .. words, .. line.Argv.Skip(line.FlagsEnd)];
}
