using System.Text.Json;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Xunit;

namespace Tallyman.Agent.Tests.CommandLines;

/// <summary>The labelled command lines of tests/corpus, whose readings were compared with those of the real tools.</summary>
public class CorpusTests
{
    /// <summary>Lines that need a manifest, which are not read yet. The list only shrinks.</summary>
    private static readonly string[] NotYet =
    [
        "kubectl run x --image alpine --overrides {\"spec\":{\"hostNetwork\":true,\"hostPID\":true,\"containers\":[{\"name\":\"x\",\"image\":\"alpine\",\"securityContext\":{\"privileged\":true}}],\"volumes\":[{\"name\":\"h\",\"hostPath\":{\"path\":\"/\"}}]}}",
    ];

    /// <summary>Tools whose flags have no meanings yet.</summary>
    private static readonly string[] ToolsNotYet = ["podman", "nerdctl", "ctr", "crictl"];

    public static TheoryData<string> Lines => [.. File.ReadLines(Repository.Path("tests/corpus/cases.tsv")).Skip(1)];

    [Theory]
    [MemberData(nameof(Lines))]
    public void A_line_is_read_as_the_tool_reads_it(string line)
    {
        string[] columns = line.Split('\t');
        string[] words = JsonSerializer.Deserialize<string[]>(columns[0])!;
        if (ToolsNotYet.Contains(columns[1]) || NotYet.Contains(string.Join(' ', words)))
        {
            return;
        }

        Argv argv = Argv.Of(words);
        Invocation invocation = CommandLineReader.Read(Executables.OfPath(argv[0])!, argv, "/");

        Assert.Equal(columns[1], invocation.Tool.Name());
        if (columns[2] == "ERROR")
        {
            Assert.NotNull(invocation.Error);
        }
        else
        {
            Assert.Null(invocation.Error);
            Assert.Equal(columns[2], invocation.Command);
        }

        Assert.Equal(columns[3], invocation.Image ?? "-");
        Assert.Equal(JsonSerializer.Deserialize<string[]>(columns[4]), FactReport.Of(invocation));
    }
}
