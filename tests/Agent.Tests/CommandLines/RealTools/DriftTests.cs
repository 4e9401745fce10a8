using Tallyman.Agent.Tests.CommandLines.Generated;
using Xunit;

namespace Tallyman.Agent.Tests.CommandLines.RealTools;

/// <summary>What the tools' own help names, as tests/grammar/flags.py finds it, beside the grammars: a newer version that differs is seen here.</summary>
public class DriftTests
{
    private const string Windows = "engines on Windows";
    private const string BuildKit = "only where BuildKit is switched on";
    private const string Orchestrator = "Kubernetes as orchestrator of stacks, until 20.10";

    /// <summary>What the help leaves out or names otherwise, and why that is right.</summary>
    private static readonly (string Tool, string What, string Why)[] Known =
    [
        ("docker", "--cpu-count is not in its help", Windows),
        ("docker", "--cpu-percent is not in its help", Windows),
        ("docker", "--io-maxbandwidth is not in its help", Windows),
        ("docker", "--io-maxiops is not in its help", Windows),
        ("docker", "--checkpoint is not in its help", "experimental engines"),
        ("docker", "--checkpoint-dir is not in its help", "experimental engines"),
        ("docker", "build --output is not in its help", BuildKit),
        ("docker", "build --platform is not in its help", BuildKit),
        ("docker", "build --progress is not in its help", BuildKit),
        ("docker", "build --secret is not in its help", BuildKit),
        ("docker", "build --ssh is not in its help", BuildKit),
        ("docker", "stack --kubeconfig is not in its help", Orchestrator),
        ("docker", "--namespace is not in its help", Orchestrator),
        ("docker", "stack ls --all-namespaces is not in its help", Orchestrator),
        ("podman", "events is not in the grammar", "the grammar has it by the name that 4.4 gave it, system events"),
        ("podman", "--config is not in its help", "not shown until 4.9"),
        ("podman", "container run --gpus is not in its help", "not shown until 5.0"),
    ];

    [Theory]
    [RealToolData("docker")]
    [RealToolData("kubectl")]
    [RealToolData("podman")]
    [RealToolData("ctr")]
    public void The_grammar_has_what_the_help_names_and_the_help_names_what_is_not_hidden(string name)
    {
        foreach (RealTool tool in RealTool.Find(name).Found)
        {
            GrammarData grammar = GrammarData.Load(name, tool.Version);
            Programs.Outcome outcome = tool.RunScript("/usr/bin/python3", File.ReadAllText(Repository.Path("tests/grammar/flags.py")), "-", name);
            HelpRow[] rows = [.. outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(HelpRow.Parse)];
            Assert.True(rows.Length > 100, outcome.Error);

            string[] differences = [.. rows.Select(row => DifferenceOf(row, grammar)).OfType<string>().Concat(NotNamed(rows, grammar)).Distinct()];
            string[] unknown = [.. differences.Where(difference => !Known.Any(each => each.Tool == name && difference.EndsWith(each.What, StringComparison.Ordinal)))];
            Assert.True(unknown.Length == 0, $"{tool.Path} of {tool.Version}:\n{string.Join('\n', unknown)}");
        }
    }

    private static string? DifferenceOf(HelpRow row, GrammarData grammar)
    {
        if (!grammar.BySpelling.TryGetValue(row.Command, out CommandData? command))
        {
            return $"{row.Command} is not in the grammar";
        }

        // What no command names as its own is implied for all.
        if (command.Accepted.FirstOrDefault(each => each.Names.Contains(row.Flag)) is not FlagData flag)
        {
            return row.Flag is "help" or "version" ? null : $"{command.Path} --{row.Flag} is not in the grammar";
        }

        return row.Letter != $"{flag.Short}".Trim('\0') ? $"{command.Path} --{row.Flag} has the letter '{row.Letter}', and '{flag.Short}' in the grammar"
            : flag.Arity != Arity.Optional && row.HasValue != (flag.Arity == Arity.Required) ? $"{command.Path} --{row.Flag} takes {(row.HasValue ? "a" : "no")} value, and is {flag.Arity} in the grammar"
            : null;
    }

    private static IEnumerable<string> NotNamed(HelpRow[] rows, GrammarData grammar)
    {
        ILookup<string, string> named = rows.ToLookup(row => grammar.BySpelling.GetValueOrDefault(row.Command)?.Path ?? "?", static row => row.Flag);
        return from command in grammar.Commands
               where named.Contains(command.Path)
               from flag in command.Own
               where !flag.IsHidden && flag.Long is not ("help" or "version") && !flag.Names.Intersect(named[command.Path]).Any()
               select $"{command.Path} --{flag.Long} is not in its help";
    }

    private sealed record HelpRow(string Command, string Flag, string Letter, bool HasValue)
    {
        public static HelpRow Parse(string line)
        {
            string[] columns = line.Split('\t');
            return new HelpRow(columns[0], columns[1], columns[2], columns[3] == "value");
        }
    }
}
