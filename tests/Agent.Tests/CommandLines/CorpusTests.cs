using System.Text.Json;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Manifests;
using Tallyman.Agent.Model;
using Xunit;

namespace Tallyman.Agent.Tests.CommandLines;

/// <summary>The labelled command lines of tests/corpus, whose readings were compared with those of the real tools.</summary>
public class CorpusTests
{
    public static TheoryData<string> Lines => [.. File.ReadLines(Repository.Path("tests/corpus/cases.tsv")).Skip(1)];

    [Theory]
    [MemberData(nameof(Lines))]
    public void A_line_is_read_as_the_tool_reads_it(string text)
    {
        Line line = Line.Parse(text);
        Argv argv = Argv.Of(line.Argv);
        Invocation invocation = ManifestReader.ReadHere(CommandLineReader.Read(Executables.OfPath(argv[0])!, argv, "/"), argv, "/");

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
