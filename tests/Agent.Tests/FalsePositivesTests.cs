using System.Text.RegularExpressions;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.Configuration;
using Tallyman.Agent.History;
using Tallyman.Agent.Manifests;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Tallyman.Agent.Sources;
using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;
using Tallyman.Agent.Suppression;
using Tallyman.Agent.Tests.Spool;
using Xunit;

namespace Tallyman.Agent.Tests;

/// <summary>
/// What the two published detections name as false positives, each with the exception that is shipped for it: an alert without
/// it, none with it but a count, and an alert again when it has expired.
/// </summary>
public sealed partial class FalsePositivesTests : IDisposable
{
    private const string Manifest = """
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: agent}
        spec:
          template:
            spec:
              initContainers:
              - name: node
                image: example/node
                securityContext: {privileged: true}
              volumes:
              - name: host
                hostPath: {path: /}
        """;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    public static TheoryData<string, string, string> Cases => new()
    {
        // T1610
        { "monitoring-daemonsets", "kubectl apply -f /opt/monitoring/datadog-agent.yaml", "loginuid=1500" },
        { "docker-in-docker", "docker run --privileged docker:28-dind", "unit=gitlab-runner.service" },
        { "node-bootstrap", "kubectl apply -f /srv/bootstrap/init.yaml", "" },
        { "red-team-2026-12", "docker run -it --privileged -v /:/host alpine chroot /host sh", "loginuid=1666" },
        { "storage", "docker run --cap-add SYS_ADMIN --device /dev/sda longhornio/longhorn-engine:v1", "" },
        // T1059.013
        { "autoscaler", "docker run --net=host web", "unit=autoscaler.service" },
        { "benches", "docker run --rm --net host --pid host --userns host --cap-add audit_control -v /etc:/etc:ro -v /var/run/docker.sock:/var/run/docker.sock:ro docker/docker-bench-security", "" },
        { "tenants-read-secrets", "kubectl get secrets -n team-a", "loginuid=2001" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task An_exception_holds_for_its_case_and_until_its_day(string name, string line, string actor)
    {
        ExecEvent exec = Executed(line, actor);
        AgentSettings settings = ShippedExceptions();
        AlertException exception = settings.Exceptions.Exceptions.Single(each => each.Name == name);
        DateTimeOffset expired = new(exception.Until!.Value, TimeOnly.MinValue, TimeSpan.Zero);

        V1.Alert without = Assert.Single((await RunAsync(exec, ExceptionSet.None, Some.Time)).Alerts);
        (V1.Alert[] with, Counters counters) = await RunAsync(exec, settings.Exceptions, Some.Time);
        V1.Alert after = Assert.Single((await RunAsync(exec, settings.Exceptions, expired)).Alerts);

        Assert.True(without.Scores.Alert);
        Assert.Equal(without.Scores, after.Scores);
        Assert.Equal(1, exception.Hits);
        if (exception.LowerTo is null)
        {
            Assert.Empty(with);
            Assert.Equal(1ul, counters[Counter.Excepted]);
        }
        else
        {
            Assert.Equal((V1.Severity.Medium, name, without.Scores.Severity), (with[0].Scores.Severity, with[0].Lowered.Exception, with[0].Lowered.From));
            Assert.Equal((without.Scores.RiskScore, without.Scores.SuspicionScore), (with[0].Scores.RiskScore, with[0].Scores.SuspicionScore));
            Assert.Equal(1ul, counters[Counter.Lowered]);
        }

        Assert.Equal(0ul, Conservation.Of(counters, (ulong)with.Length).Unaccounted);
    }

    [Theory]
    [InlineData("docker run --privileged -v /:/host docker:28-dind", "unit=gitlab-runner.service")] // more than was allowed
    [InlineData("docker run --privileged docker:28-dind", "unit=session-3.scope")] // not by the runner
    [InlineData("docker run --privileged evil/docker:28-dind", "unit=gitlab-runner.service")]
    [InlineData("kubectl get secrets -A -o yaml", "loginuid=2003")]
    [InlineData("kubectl exec web -- nsenter -t 1 -m sh", "loginuid=2001")]
    public async Task What_is_beyond_an_exception_is_an_alert_as_before(string line, string actor) =>
        Assert.Null(Assert.Single((await RunAsync(Executed(line, actor), ShippedExceptions().Exceptions, Some.Time)).Alerts).Lowered);

    [Fact]
    public void There_is_a_case_for_each_exception_that_is_shipped() =>
        Assert.Equal(ShippedExceptions().Exceptions.Exceptions.Select(static each => each.Name), Cases.Select(static row => (string)row[0]));

    private AgentSettings ShippedExceptions()
    {
        string file = _directory.File("exceptions.yaml");
        File.WriteAllLines(file, File.ReadLines(Repository.Path("packaging/etc/exceptions.yaml")).Select(line => OnThisMachine(Commented().Replace(line, "  "))));
        return AgentSettings.Of(new ConfigurationReader(ConfigurationPlaces.Of(file), null, new Dictionary<string, Given>()).Read());
    }

    /// <summary>With the manifests of <see cref="Manifest"/> at its places.</summary>
    private string OnThisMachine(string text) =>
        text.Replace("/opt/monitoring/", _directory.Path + "/", StringComparison.Ordinal).Replace("/srv/bootstrap/", _directory.Path + "/", StringComparison.Ordinal);

    private ExecEvent Executed(string line, string actor)
    {
        File.WriteAllText(_directory.File("datadog-agent.yaml"), Manifest);
        File.WriteAllText(_directory.File("init.yaml"), Manifest);
        ExecEvent exec = Some.Exec([.. ShellWords.Split(OnThisMachine(line))]);
        exec = exec with { Executable = HostText.Of(line.StartsWith("kubectl", StringComparison.Ordinal) ? "/usr/local/bin/kubectl" : "/usr/bin/docker") };
        return actor.Split('=') switch
        {
            ["loginuid", string number] => exec with { LoginUid = uint.Parse(number, System.Globalization.CultureInfo.InvariantCulture) },
            ["unit", string unit] => exec with { Cgroup = HostText.Of($"/system.slice/{unit}") },
            _ => exec,
        };
    }

    private static async Task<(V1.Alert[] Alerts, Counters Counters)> RunAsync(ExecEvent exec, ExceptionSet exceptions, DateTimeOffset now)
    {
        var counters = new Counters();
        var events = new EventQueue(counters);
        using var directory = new TemporaryDirectory();
        using RecordSpool spool = SomeSpool.Open(directory.Path, counters);
        var detector = new Detector(RuleSet.Shipped("default"), ReadAsync, Some.Redactor, counters, exceptions, ReadActor);
        using var service = new DetectionService(events, new Live<Detector>(detector), Some.Host, new FloodControl(TimeProvider.System), new AlertHistory(1024 * 1024), spool, new AlertFeed(), counters, new Progress(TimeProvider.System), new At(now));
        counters.Add(Counter.EventsWatched);
        Assert.True(events.TryAdd(exec));
        await service.StartAsync(CancellationToken.None);
        await service.StopAsync(CancellationToken.None);
        return ([.. (await spool.ReadAllAsync()).Select(static each => each.Record.Alert)], counters);

        static ValueTask<Invocation> ReadAsync(Invocation invocation, ExecEvent exec) => ValueTask.FromResult(ManifestReader.ReadHere(invocation, exec.Argv, "/"));
    }

    private static ValueTask<Actor> ReadActor(ExecEvent exec) =>
        ValueTask.FromResult(new Actor { Unit = new SystemdUnit(exec.Cgroup.ToString().Split('/')[^1], "", "system.slice") });

    private sealed class At(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    [GeneratedRegex("^#  ")]
    private static partial Regex Commented();
}
