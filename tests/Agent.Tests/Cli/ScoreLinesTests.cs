using System.Text;
using System.Text.Json;
using Tallyman.Agent.Cli;
using Tallyman.Agent.Rules;
using Tallyman.Cli;
using Xunit;

namespace Tallyman.Agent.Tests.Cli;

public class ScoreLinesTests
{
    [Fact]
    public void Answers_come_in_the_order_of_the_lines()
    {
        string output = Score("""
            ["docker","run","--pid=host","alpine"]

            {"argv":["docker","run","-v","..:/h","alpine"],"cwd":"/srv"}
            {"argv":["x","get","secrets"],"exe":"/usr/bin/kubectl"}
            ["ls"]
            []
            """);

        JsonElement[] answers = [.. output.TrimEnd('\n').Split('\n').Select(static line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(5, answers.Length);
        Assert.Equal("HIGH", answers[0].GetProperty("severity").GetString());
        Assert.Equal("HOST_MOUNT", answers[1].GetProperty("suspicious_flags")[0].GetString()); // /srv/.. is /
        Assert.Equal("kubectl", answers[2].GetProperty("tool").GetString());
        Assert.Equal(JsonValueKind.Null, answers[3].GetProperty("tool").ValueKind);
        Assert.False(answers[4].GetProperty("alert").GetBoolean());
    }

    [Theory]
    [InlineData("{", "line 2: ")]
    [InlineData("\"docker\"", "line 2: must be an array of strings or an object with argv, is a string")]
    [InlineData("[1]", "line 2: argument 0 must be a string, is a number")]
    [InlineData("[\"a\",null]", "line 2: argument 1 must be a string, is null")]
    [InlineData("{\"cwd\":\"/\"}", "line 2: argv is missing")]
    [InlineData("{\"argv\":\"docker\"}", "line 2: argv must be an array of strings, is a string")]
    [InlineData("{\"argv\":[],\"cwd\":1}", "line 2: cwd must be a string, is a number")]
    [InlineData("{\"args\":[]}", "line 2: 'args' is not known; there are argv, cwd and exe")]
    [InlineData("[\"a\\u0000b\"]", "line 2: an argument contains NUL")]
    [InlineData("[\"\\ud800\"]", "line 2: Cannot read incomplete UTF-16 JSON text")]
    [InlineData("[\"\u00ff\"]", "line 2: must be UTF-8, and is not")]
    public void A_line_that_is_none_is_named_with_the_reason(string line, string message)
    {
        var output = new StringWriter();
        UserException e = Assert.Throws<UserException>(() => Run("[\"ls\"]\n" + line, output));

        Assert.Equal(ExitCode.BadData, e.ExitCode);
        Assert.StartsWith(message, e.Message, StringComparison.Ordinal);
        Assert.Single(output.ToString().TrimEnd('\n').Split('\n'));
    }

    private static string Score(string input)
    {
        var output = new StringWriter();
        Assert.Equal(ExitCode.Fine, Run(input, output));
        return output.ToString();
    }

    private static int Run(string input, TextWriter output) => ScoreLines.Run(RuleSet.Shipped("default"), "/", new MemoryStream(Encoding.Latin1.GetBytes(input)), output);
}
