using System.Text.Json;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Xunit;

namespace Tallyman.Agent.Tests.CommandLines;

/// <summary>The labelled command lines of tests/corpus, whose readings were compared with those of the real tools.</summary>
public class CorpusTests
{
    /// <summary>Why lines are not read in full yet. The list only shrinks: a line that is read in full and stands here fails.</summary>
    private static readonly (string Reason, Predicate<Line> Covers)[] NotYet =
    [
        ("manifests are not read", static line => line.Facts.Contains("OVERRIDES") && line.Facts.Length > 1),
    ];

    public static TheoryData<string> Lines => [.. File.ReadLines(Repository.Path("tests/corpus/cases.tsv")).Skip(1)];

    [Theory]
    [MemberData(nameof(Lines))]
    public void A_line_is_read_as_the_tool_reads_it(string text)
    {
        Line line = Line.Parse(text);
        Argv argv = Argv.Of(line.Argv);
        Invocation invocation = CommandLineReader.Read(Executables.OfPath(argv[0])!, argv, "/");

        // How the words fall into command, flags and positionals holds for all six tools.
        Assert.Equal(line.Tool, invocation.Tool.Name());
        if (line.Command == "ERROR")
        {
            Assert.NotNull(invocation.Error);
        }
        else
        {
            Assert.Null(invocation.Error);
            Assert.Equal(line.Command, invocation.Command);
        }

        if (Array.Find(NotYet, each => each.Covers(line)).Reason is string reason)
        {
            Assert.False(line.Facts.SequenceEqual(FactReport.Of(invocation)), $"is read in full although {reason}: take it off the list");
            return;
        }

        Assert.Equal(line.Image, invocation.Image ?? "-");
        Assert.Equal(line.Facts, FactReport.Of(invocation));
    }

    private sealed record Line(string[] Argv, string Tool, string Command, string Image, string[] Facts)
    {
        public static Line Parse(string text)
        {
            string[] columns = text.Split('\t');
            return new Line(
                JsonSerializer.Deserialize<string[]>(columns[0])!, columns[1], columns[2], columns[3], JsonSerializer.Deserialize<string[]>(columns[4])!);
        }
    }
}
