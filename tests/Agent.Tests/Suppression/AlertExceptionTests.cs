using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Tallyman.Agent.Suppression;
using Tallyman.Agent.Yaml;
using Xunit;

namespace Tallyman.Agent.Tests.Suppression;

public sealed class AlertExceptionTests
{
    private static readonly RuleSet Rules = RuleSet.Shipped("default");

    [Theory]
    [InlineData("tool: docker", true)]
    [InlineData("tool: [podman, docker]", true)]
    [InlineData("tool: podman", false)]
    [InlineData("tool: dock", false)]
    [InlineData("command: container run", true)]
    [InlineData("command: container *", true)]
    [InlineData("command: run", false)]
    [InlineData("image: registry.example/ci/*", true)]
    [InlineData("image: '*@sha256:0123*'", true)]
    [InlineData("image: registry.example/ci", false)]
    [InlineData("user: 1001", true)]
    [InlineData("user: 100", false)]
    [InlineData("loginuid: [7, 1000]", true)]
    [InlineData("loginuid: 4294967295", false)]
    [InlineData("cgroup: /system.slice/runner.service*", true)]
    [InlineData("cgroup: /system.slice", false)]
    [InlineData("cwd: /builds/*", true)]
    [InlineData("executable: /usr/bin/docker", true)]
    [InlineData("manifest: '*'", false)]
    [InlineData("indicators: [PRIVILEGED, HOST_PID, EXEC]", true)]
    [InlineData("indicators: PRIVILEGED", false)] // the alert has another, too
    [InlineData("{tool: docker, user: 1001}", true)]
    [InlineData("{tool: docker, user: 1002}", false)]
    public void All_conditions_must_hold(string match, bool holds)
    {
        Alert alert = AlertOf("docker run --privileged --pid=host registry.example/ci/dind@sha256:0123456789abcdef", exec => exec with
        {
            Uid = 1001,
            LoginUid = 1000,
            Cgroup = HostText.Of("/system.slice/runner.service/job-7"),
            Directory = HostText.Of("/builds/team/project"),
        });

        AlertException exception = Read($"name: n\nmatch: {(match.StartsWith('{') ? match : $"{{{match}}}")}\neffect: suppress\nuntil: never\nreason: r\nowner: o");

        Assert.Equal(holds, new ExceptionSet([exception]).Take(alert, Some.Time) is not null);
        Assert.Equal(holds ? 1 : 0, exception.Hits);
    }

    [Fact]
    public void What_is_not_known_fits_no_pattern()
    {
        Alert alert = AlertOf("kubectl exec web -- sh", static exec => exec with { LoginUid = null });
        Assert.All(new[] { "loginuid", "image", "manifest" }, key =>
            Assert.False(Read($"name: n\nmatch: {{{key}: '*'}}\neffect: suppress\nuntil: never\nreason: r\nowner: o").IsFor(alert)));
    }

    [Fact]
    public void It_holds_until_a_day_and_not_on_that_day()
    {
        AlertException exception = Read("name: n\nmatch: {tool: docker}\neffect: suppress\nuntil: 2026-12-24\nreason: r\nowner: o");
        Assert.False(exception.HasExpired(new DateTimeOffset(2026, 12, 23, 23, 59, 59, TimeSpan.Zero)));
        Assert.True(exception.HasExpired(new DateTimeOffset(2026, 12, 24, 0, 0, 0, TimeSpan.Zero)));
    }

    [Fact]
    public void The_first_that_fits_decides()
    {
        AlertException[] exceptions = [.. new[] { "podman", "docker", "docker" }.Select((tool, i) => Read($"name: n{i}\nmatch: {{tool: {tool}}}\neffect: suppress\nuntil: never\nreason: r\nowner: o"))];
        Assert.Equal("n1", new ExceptionSet([.. exceptions]).Take(AlertOf("docker run --privileged x"), Some.Time)?.Name);
        Assert.Equal([0, 1, 0], exceptions.Select(static exception => exception.Hits));
    }

    [Fact]
    public void Everything_that_is_wrong_is_told_with_its_line()
    {
        var errors = new List<string>();
        YamlNode node = YamlReader.Read(new StringReader("name: n\nmatch:\n  tol: docker\n  indicators: [PRIVLEGED]\n  image: []\neffect: hide\nuntil: tomorrow\nwhy: x\nowner: o"))!;

        Assert.Null(ExceptionFile.Read(node, "x.yaml", Rules.Indicators, errors));

        Assert.Equal(
            [
                "x.yaml:8: an exception has no why; it has name, match, effect, until, reason, owner",
                "x.yaml:1: an exception must have reason: why these alerts are expected",
                "x.yaml:7: until must be a day like 2027-01-31, or never, is 'tomorrow'",
                "x.yaml:6: effect must be suppress, lower to MEDIUM, or lower to HIGH, is 'hide'",
                $"x.yaml:3: alerts cannot be matched by tol; they can by indicators, {string.Join(", ", ExceptionFile.Questions.Keys)}",
                "x.yaml:4: there is no indicator PRIVLEGED; \"tallyman rules list\" has all",
                "x.yaml:5: image must be a text or a list of texts, none of them empty",
            ],
            errors);
    }

    [Theory]
    [InlineData("- a")]
    [InlineData("text")]
    [InlineData("name: n\nmatch: {}\neffect: suppress\nuntil: never\nreason: r\nowner: o")]
    [InlineData("name: n\nmatch: docker\neffect: suppress\nuntil: never\nreason: r\nowner: o")]
    public void An_exception_for_everything_is_none(string yaml)
    {
        var errors = new List<string>();
        Assert.Null(ExceptionFile.Read(YamlReader.Read(new StringReader(yaml))!, "x.yaml", Rules.Indicators, errors));
        Assert.Single(errors);
    }

    [Theory]
    [InlineData("*", "", true)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("a*b*c", "a/x/b//c", true)]
    [InlineData("a*b*c", "a/x/c", false)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a?c", "ac", false)]
    [InlineData("*a", "ba", true)]
    [InlineData("*a", "ab", false)]
    [InlineData("[a]", "a", false)]
    public void A_star_stands_for_any_characters(string pattern, string text, bool fits) => Assert.Equal(fits, new Glob(pattern).Fits(text));

    [Fact]
    public void A_pattern_takes_no_longer_than_it_must()
    {
        // Exponential with backtracking; here some millions of steps.
        Assert.False(new Glob(string.Concat(Enumerable.Repeat("*a", 200)) + "b").Fits(new string('a', 20_000)));
    }

    internal static Alert AlertOf(string line, Func<ExecEvent, ExecEvent>? change = null)
    {
        ExecEvent exec = Some.Exec([.. ShellWords.Split(line)]);
        exec = change?.Invoke(exec) ?? exec;
        Invocation invocation = CommandLineReader.Read(exec);
        return new Alert("id", exec, invocation, Rules.Judge(invocation));
    }

    private static AlertException Read(string yaml)
    {
        var errors = new List<string>();
        AlertException? exception = ExceptionFile.Read(YamlReader.Read(new StringReader(yaml))!, "x.yaml", Rules.Indicators, errors);
        Assert.Empty(errors);
        return exception!;
    }
}
