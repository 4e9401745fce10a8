using Tallyman.Agent.Alerts;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Xunit;

namespace Tallyman.Agent.Tests.CommandLines.Generated;

/// <summary>
/// Random valid command lines, of which everything is known because they were made so. TALLYMAN_LINES says how many of each
/// tool, TALLYMAN_SEED makes the same ones again.
/// </summary>
public class GeneratedLinesTests
{
    [Theory]
    [InlineData("docker")]
    [InlineData("kubectl")]
    [InlineData("podman")]
    [InlineData("nerdctl")]
    [InlineData("ctr")]
    [InlineData("crictl")]
    public void What_was_put_into_a_line_is_read_out_of_it(string tool)
    {
        GrammarData grammar = GrammarData.Load(tool);
        var generator = new LineGenerator(grammar, FactTable.Load(tool), static _ => true, static _ => true);
        Parallel.For(0, Setting.Lines, i =>
        {
            GeneratedLine line = generator.Make(new Random(unchecked((Setting.Seed * 1_000_003) + i)));
            Argv argv = Argv.Of([.. line.Argv]);
            Invocation read = CommandLineReader.Read(Executables.OfPath(argv[0])!, argv, "/");
            string expected = Describe(line.Command, line.Image, line.Facts, null);
            string actual = Describe(read.Command, read.Image, FactReport.Of(read), read.Error);
            Assert.True(expected == actual, $"TALLYMAN_SEED={Setting.Seed}, line {i}:\n  {line}\nwas made as\n  {expected}\nand read as\n  {actual}");
        });
    }

    private static string Describe(string command, string? image, IReadOnlyList<string> facts, string? error) =>
        $"'{command}' image '{image}' facts '{string.Join(' ', facts)}' error '{error}'";
}
