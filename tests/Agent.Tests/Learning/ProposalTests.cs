using System.Collections.Immutable;
using System.Globalization;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Learning;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Tallyman.Agent.Suppression;
using Tallyman.Agent.Tests.Proto.Rendering;
using Tallyman.Agent.Yaml;
using Xunit;

namespace Tallyman.Agent.Tests.Learning;

public class ProposalTests
{
    private static readonly RuleSet Rules = RuleSet.Shipped("default");

    private static readonly Actor Service = new()
    {
        User = "root",
        Unit = new SystemdUnit("ci.service", "", "system.slice"),
        Ancestry = [new Ancestor(4200, 1, HostText.Of("runner"), HostText.Of("/usr/bin/runner"), 0)],
    };

    private static readonly Actor Pod = new() { Pod = new Pod("7b1c", "Burstable") { Namespace = "ops", Name = "backup-7c5ddbdf54-x2x7k" } };

    public static TheoryData<string, string, bool, string> Proposals => new()
    {
        { "docker run --privileged registry.example:5000/ci/dind:7", "service", false, "tool: docker, command: container run, image: \"registry.example:5000/ci/dind:*\", user: root, unit: ci.service, parent: /usr/bin/runner, indicators: [PRIVILEGED]" },
        { "docker run --privileged dind@sha256:00", "pod", false, "tool: docker, command: container run, image: \"dind@*\", user: 0, pod_namespace: ops, pod: \"backup-*\", indicators: [PRIVILEGED]" },
        { "kubectl get secrets -A", "person", true, "tool: kubectl, command: get, loginuid: ann, indicators: [SECRETS_READ]" },
        { "docker run --pid=host --privileged alpine", "nobody", false, "tool: docker, command: container run, image: alpine, user: 0, indicators: [PRIVILEGED, HOST_PID]" },
    };

    [Theory]
    [MemberData(nameof(Proposals))]
    public void It_is_as_narrow_as_what_was_seen_and_holds_for_that_and_for_nobody_else(string line, string who, bool isPerson, string match)
    {
        Alert alert = AlertOf(line, who);
        V1.Alert message = AlertJsonReaderTests.AlertOf(alert.Exec, alert.Actor);
        Proposal proposal = Assert.Single(Proposal.Of([(message, 2), (message, 3)], out ulong leftOut));

        Assert.Equal((5ul, 0ul, isPerson), (proposal.Times, leftOut, proposal.IsPerson));
        string[] lines = [.. ProposalDiff.Lines([proposal], "/nowhere", Some.Time)];
        Assert.Equal(match, string.Join(", ", lines.Where(static each => each.StartsWith("+      ", StringComparison.Ordinal)).Select(static each => each[7..])));
        Assert.Contains(isPerson ? "+    effect: lower to MEDIUM" : "+    effect: suppress", lines);

        AlertException exception = Assert.Single(ExceptionsIn(lines, Some.Time));
        Assert.True(exception.IsFor(alert));
        Assert.False(exception.IsFor(AlertOf(line + " --label=x --pid=container:y --device=/dev/sda", who) with { Actor = new Actor(), Exec = alert.Exec with { Uid = 7, LoginUid = 7 } }));
    }

    [Fact]
    public void Without_a_reason_and_an_owner_it_is_no_exception()
    {
        Alert alert = AlertOf("docker run --privileged alpine", "service");
        string[] lines = [.. ProposalDiff.Lines(Proposal.Of([(AlertJsonReaderTests.AlertOf(alert.Exec, alert.Actor), 1)], out _), "/nowhere", Some.Time)];
        var errors = new List<string>();
        Assert.Null(ExceptionFile.Read(EntriesOf(YamlOf(lines))[0], "f.yaml", Rules.Indicators, errors));
        Assert.Equal(2, errors.Count);
        Assert.All(errors, static error => Assert.Matches("must have (reason|owner)", error));
    }

    [Fact]
    public void The_difference_is_of_a_file_that_is_not_there_yet()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("learned-2026-11-22.yaml"), "");
        Alert alert = AlertOf("docker run --privileged alpine", "service");
        Alert other = AlertOf("docker run --privileged debian", "service");
        string[] lines = [.. ProposalDiff.Lines(Proposal.Of([(AlertJsonReaderTests.AlertOf(alert.Exec, alert.Actor), 1), (AlertJsonReaderTests.AlertOf(other.Exec, other.Actor), 1)], out _), directory.Path, Some.Time)];

        Assert.Equal(["--- /dev/null", $"+++ b{directory.Path}/learned-2026-11-22-2.yaml", string.Create(CultureInfo.InvariantCulture, $"@@ -0,0 +1,{lines.Length - 3} @@")], lines[..3]);
        Assert.Equal(["ci-docker-container-run", "ci-docker-container-run-2"], ExceptionsIn(lines, Some.Time).Select(static exception => exception.Name));
    }

    [Theory]
    [InlineData("a*")]
    [InlineData("a?b")]
    [InlineData("a\u001b[31m")]
    public void Of_names_that_would_be_patterns_or_worse_there_is_none(string image)
    {
        ExecEvent exec = Some.Exec("docker", "run", "--privileged", image);
        Assert.Empty(Proposal.Of([(AlertJsonReaderTests.AlertOf(exec, Service), 3)], out ulong leftOut));
        Assert.Equal(3ul, leftOut);
    }

    private static Alert AlertOf(string line, string who)
    {
        ExecEvent exec = Some.Exec(line.Split(' ')) with { LoginUid = who == "person" ? 1000u : null };
        Invocation invocation = CommandLineReader.Read(exec);
        return new Alert("ID", exec, invocation, Rules.Judge(invocation))
        {
            Actor = who switch { "service" => Service, "pod" => Pod, "person" => Some.Actor, _ => Actor.Unknown },
        };
    }

    private static ImmutableArray<AlertException> ExceptionsIn(string[] diff, DateTimeOffset now)
    {
        var errors = new List<string>();
        string yaml = YamlOf(diff).Replace("reason: \"\"", "reason: known", StringComparison.Ordinal).Replace("owner: \"\"", "owner: ops", StringComparison.Ordinal);
        ImmutableArray<AlertException> exceptions = [.. EntriesOf(yaml).Select(entry => ExceptionFile.Read(entry, "f.yaml", Rules.Indicators, errors)!)];
        Assert.Empty(errors);
        Assert.All(exceptions, exception => Assert.False(exception.HasExpired(now.AddDays(89))));
        Assert.All(exceptions, exception => Assert.True(exception.HasExpired(now.AddDays(91))));
        return exceptions;
    }

    private static string YamlOf(string[] diff) => string.Concat(diff.Skip(3).Select(static line => line[1..] + "\n"));

    private static IReadOnlyList<YamlNode> EntriesOf(string yaml) => ((YamlSequence)((YamlMapping)YamlReader.Read(new StringReader(yaml))!).Find("exceptions")!).Items;
}
