using System.Text.Json;
using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>The built agent while its files change: what is right is taken as a whole, what is wrong leaves all as it was.</summary>
public sealed class ReloadTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private RunningAgent? _running;

    private string Configuration => _directory.File("tallyman.yaml");

    private string Docker => _directory.File("docker");

    public void Dispose()
    {
        _running?.Dispose();
        _directory.Dispose();
    }

    [KernelFact]
    public void Exceptions_rules_and_secrets_change_while_the_agent_runs()
    {
        Start("profile: default\n");
        Run("run", "--privileged", "--label", "acme=hunter2", "first");
        Assert.Contains("hunter2", _running!.AlertWith("first").GetRawText(), StringComparison.Ordinal);

        string rules = Directory.CreateDirectory(_directory.File("rules.d")).FullName;
        File.WriteAllText(Path.Combine(rules, "site.yaml"), "profile: default\nindicators: {SITE: Of this site.}\nrules:\n  - {raise: SITE, fact: HOST_UTS, risk: 90, fires: [docker run --uts=host x], silent: [docker run x]}\n");
        Configure($"""
            rules: {"{"}directory: {rules}{"}"}
            redaction: {"{"}secret_names: [acme]{"}"}
            exceptions:
              - {"{"}name: wanted, match: {"{"}executable: {Docker}, indicators: PRIVILEGED{"}"}, effect: suppress, until: never, reason: a test, owner: tests{"}"}
            """);
        Taken(1);
        Run("run", "--privileged", "suppressed");
        Run("run", "--privileged", "--pid=host", "--label", "acme=hunter2", "more-than-that");
        Run("run", "--uts=host", "of-the-site");

        Assert.DoesNotContain("hunter2", _running.AlertWith("more-than-that").GetRawText(), StringComparison.Ordinal);
        Assert.Contains("\"SITE\"", _running.AlertWith("of-the-site").GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain(_running.Alerts(), static alert => RunningAgent.WordsOf(alert).Contains("suppressed"));

        Assert.Contains("\nexception     wanted: 1 alerts, holds until never\n", Programs.Run(Programs.Agent, "status", "--state", _running.State).Output, StringComparison.Ordinal);
        Configure("profile: default\n");
        _running.Signal("HUP");
        Taken(2);
        Run("run", "--privileged", "as-before");
        _running.AlertWith("as-before");
        Assert.Equal(0, _running.Stop());

        Assert.Equal(1ul, _running.AssertEverythingIsAccountedFor()["excepted"]);
        Assert.Equal(2ul, _running.Counters()["reloads"]);
        string[] trail = Trail();
        Assert.Contains(trail, static what => what == "exception_hits wanted: 1, 1 since the agent runs");
        Assert.Contains(trail, what => what.StartsWith($"exception wanted: suppress executable {Docker}, indicators PRIVILEGED until never, tests: a test ({Configuration}:", StringComparison.Ordinal));
    }

    [KernelFact]
    public void What_is_wrong_changes_nothing()
    {
        Start("profile: published\nspool: {size: 17MiB}\n");
        Configure("profile: default\nspool: {size: 18MiB}\nexceptions: [{name: all}]\nsorce: auto\n");
        _running!.UntilItSays("The configuration is not taken, the one before stays in use", times: 1);
        Run("run", "--privileged", "--uts=host", "judged-as-before");
        Assert.DoesNotContain("HOST_UTS", _running.AlertWith("judged-as-before").GetProperty("suspicious_flags").GetRawText(), StringComparison.Ordinal);

        Assert.Matches("(?m)^configuration +refused, the one before it stays in use, 20", Programs.Run(Programs.Agent, "status", "--state", _running.State).Output);
        Configure("profile: default\nspool: {size: 18MiB}\n");
        Taken(1);
        Assert.Matches("(?m)^configuration +taken 20", Programs.Run(Programs.Agent, "status", "--state", _running.State).Output);
        Assert.Contains("spool.size only with the next start", _running.Messages, StringComparison.Ordinal);
        Run("run", "--privileged", "--uts=host", "judged-anew");
        Assert.Contains("HOST_UTS", _running.AlertWith("judged-anew").GetProperty("suspicious_flags").GetRawText(), StringComparison.Ordinal);
        Assert.Equal(0, _running.Stop());

        Assert.Contains(Trail(), static what => what.StartsWith("configuration_refused ", StringComparison.Ordinal) && what.Contains("did you mean source?", StringComparison.Ordinal));
        Assert.Equal((1ul, 1ul), (_running.Counters()["reloads"], _running.Counters()["reloads_refused"]));
    }

    [KernelFact]
    public void Alerts_go_to_other_collectors_when_those_are_others()
    {
        string second = _directory.File("second");
        Start("collectors: []\n", withCollector: false);
        Run("run", "--privileged", "kept-on-the-host");
        _running!.AlertWith("kept-on-the-host");
        using var other = new CollectorProcess("--data", second);
        Configure($"collectors: [{other.Address.OriginalString}]\n");
        Taken(1);
        _running.Until(() => Stored(second).Any(alert => alert.GetRawText().Contains("kept-on-the-host", StringComparison.Ordinal)), "the alert is where the collector is now");

        Configure($"collectors: [{_running.Collector.OriginalString}]\n");
        Taken(2);
        Run("run", "--privileged", "back-again");
        _running.Until(() => _running.Stored().Any(alert => alert.GetRawText().Contains("back-again", StringComparison.Ordinal)), "the alert is at the first collector");
        Assert.DoesNotContain(Stored(second), static alert => alert.GetRawText().Contains("back-again", StringComparison.Ordinal));
        Assert.Equal(0, _running.Stop());
        _running.AssertEverythingIsAccountedFor();
    }

    private void Start(string configuration, bool withCollector = true)
    {
        File.Copy("/bin/true", Docker);
        File.WriteAllText(Configuration, configuration);
        _running = RunningAgent.Start(new RunningAgentOptions(_directory.File("data")) { Arguments = ["--config", Configuration], NamesCollector = withCollector });
    }

    /// <summary>As editors do it: another file under the same name.</summary>
    private void Configure(string text)
    {
        File.WriteAllText(_directory.File("new"), text);
        File.Move(_directory.File("new"), Configuration, overwrite: true);
    }

    private void Taken(int times) => _running!.UntilItSays("The configuration is taken as it is now", times);

    private void Run(params string[] arguments) => Assert.Equal(0, Programs.Run(Docker, arguments).ExitCode);

    private string[] Trail() => StoredRecords.Trail(_running!.Data);

    private static IEnumerable<JsonElement> Stored(string data) =>
        Programs.Run(Programs.Collector, "export", "--data", data).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement);
}
