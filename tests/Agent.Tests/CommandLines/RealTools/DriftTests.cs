using Tallyman.Agent.Tests.CommandLines.Generated;
using Xunit;

namespace Tallyman.Agent.Tests.CommandLines.RealTools;

/// <summary>What the tools' own help names, as tests/grammar/flags.py finds it, beside the grammars: a newer version that differs is seen here.</summary>
public class DriftTests
{
    /// <summary>What differs, and why that is right.</summary>
    private static readonly (string Tool, string What, string Why)[] Known =
    [
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
            Programs.Outcome outcome = tool.RunWith("/usr/bin/python3", Repository.Path("tests/grammar/flags.py"), name);
            HelpRow[] rows = [.. outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(HelpRow.Parse)];
            Assert.True(rows.Length > 100, outcome.Error);

            string[] differences = [.. rows.Select(row => DifferenceOf(row, grammar)).OfType<string>(), .. NotNamed(rows, grammar)];
            string[] unknown = [.. differences.Distinct().Where(difference => !Known.Any(each => each.Tool == name && difference == each.What))];
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
            : row.HasValue != (flag.Arity != Arity.Switch) ? $"{command.Path} --{row.Flag} takes {(row.HasValue ? "a" : "no")} value, and is {flag.Arity} in the grammar"
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
