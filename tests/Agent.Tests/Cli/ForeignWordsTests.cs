using Tallyman.Agent.Cli;
using Tallyman.Cli;
using Xunit;

namespace Tallyman.Agent.Tests.Cli;

public class ForeignWordsTests
{
    [Theory]
    [InlineData("score docker run --privileged", "score -- docker run --privileged")]
    [InlineData("score --json docker ps --json", "score --json -- docker ps --json")]
    [InlineData("score --profile published --cwd /x kubectl get", "score --profile published --cwd /x -- kubectl get")]
    [InlineData("score --profile=published docker -- x", "score --profile=published -- docker -- x")]
    [InlineData("score -- docker ps", "score -- docker ps")]
    [InlineData("score --jsonl", "score --jsonl")]
    [InlineData("redact docker login -p x", "redact -- docker login -p x")]
    [InlineData("redact --state /x --json docker login --json", "redact --state /x --json -- docker login --json")]
    [InlineData("run --print text", "run --print text")]
    [InlineData("", "")]
    public void What_begins_with_another_programs_name_is_left_alone(string args, string expected) =>
        Assert.Equal(expected, string.Join(' ', ForeignWords.Protect(args.Split(' ', StringSplitOptions.RemoveEmptyEntries))));

    [Fact]
    public void Without_words_it_says_what_is_missing()
    {
        UserException e = Assert.Throws<UserException>(() => ForeignWords.Read("redact", []));
        Assert.Equal((ExitCode.Usage, "a command line is missing: tallyman redact -- docker run --privileged alpine"), (e.ExitCode, e.Message));
        Assert.Equal(2, ForeignWords.Read("score", ["docker", "--jsn"]).Count);
    }
}
