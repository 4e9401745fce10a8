using Google.Protobuf;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.History;
using Tallyman.Agent.Manifests;
using Tallyman.Agent.Model;
using Tallyman.Agent.Redaction;
using Tallyman.Agent.Rules;
using Tallyman.Agent.Sources;
using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;
using Tallyman.Agent.Suppression;
using Tallyman.Agent.Tests.Spool;
using Tallyman.Rendering;
using Xunit;

namespace Tallyman.Agent.Tests;

public class DetectionServiceTests
{
    private readonly Counters _counters = new();

    [Fact]
    public async Task Secrets_are_taken_out_of_alerts_and_counted()
    {
        V1.Alert alert = await Detect(Some.Redactor, "docker", "run", "--privileged", "-e", "PASSWORD=hunter2", "--label", "token=hunter3", "alpine");

        Assert.True(alert.CommandLine.Redacted);
        Assert.DoesNotContain("hunter", alert.ToString(), StringComparison.Ordinal);
        Assert.Equal((2ul, 0ul), (_counters[Counter.RedactedValues], _counters[Counter.RedactionFailed]));
    }

    [Fact]
    public async Task Where_redaction_fails_the_alert_leaves_with_its_scores_and_without_a_word_of_the_command_line()
    {
        var broken = new Redactor(new SecretHash(new byte[SecretHash.KeyLength]), static () => throw new InvalidDataException());
        V1.Alert alert = await Detect(broken, "docker", "run", "--privileged", "-v", "/etc/hunter2:/x", "--name=hunter2", "hunter2");

        Assert.Equal(["PRIVILEGED", "SENSITIVE_MOUNT"], alert.Indicators.Select(static indicator => indicator.Id));
        Assert.Equal(("container run", V1.Severity.Critical), (alert.CommandLine.Command, alert.Scores.Severity));
        Assert.Equal(7, alert.CommandLine.Argv.Count);
        Assert.All(alert.CommandLine.Argv, static argument => Assert.Equal("[redacted: redaction failed with InvalidDataException]", argument.ToStringUtf8()));
        Assert.DoesNotContain("hunter2", AlertJson.Write(alert), StringComparison.Ordinal);
        Assert.Equal((0ul, 1ul), (_counters[Counter.RedactedValues], _counters[Counter.RedactionFailed]));
    }

    [Fact]
    public async Task What_there_is_no_time_for_at_the_end_is_counted()
    {
        var events = new EventQueue(_counters);
        using var directory = new TemporaryDirectory();
        using RecordSpool spool = SomeSpool.Open(directory.Path, _counters);
        using var isAtWork = new ManualResetEventSlim();
        using var mayGoOn = new ManualResetEventSlim();
        var slow = new Redactor(new SecretHash(new byte[SecretHash.KeyLength]), () =>
        {
            isAtWork.Set();
            mayGoOn.Wait();
            throw new InvalidDataException();
        });
        var time = new TimeAtWill();
        using DetectionService service = Service(events, slow, new FloodControl(TimeProvider.System), spool, time);
        for (uint i = 0; i < 10; i++)
        {
            _counters.Add(Counter.EventsWatched);
            Assert.True(events.TryAdd(Some.Exec("docker", "run", "--privileged", $"{i}") with { Key = new ExecKey(i, 1, 1) }));
        }

        await service.StartAsync(CancellationToken.None);
        isAtWork.Wait();
        Task stopping = service.StopAsync(CancellationToken.None);
        time.Pass();
        mayGoOn.Set();
        await stopping;
        Assert.Equal(new Conservation(10, 0, 0, 0, 1, 9), Conservation.Of(_counters, (ulong)spool.Status.Alerts));
    }

    [Fact]
    public async Task A_storm_of_equal_alerts_becomes_a_summary_and_others_go_through()
    {
        var events = new EventQueue(_counters);
        using var directory = new TemporaryDirectory();
        using RecordSpool spool = SomeSpool.Open(directory.Path, _counters);
        var flood = new FloodControl(new TimeByHand());
        using DetectionService service = Service(events, Some.Redactor, flood, spool);
        for (uint i = 0; i < 300; i++)
        {
            Add(Some.Exec("docker", "run", "--privileged", "alpine") with { Key = new ExecKey(i, 1, 1), Time = Some.Time.AddSeconds(i) });
        }

        Add(Some.Exec("docker", "run", "--privileged", "alpine", "other"));
        Add(Some.Exec("docker", "run", "--privileged", "alpine") with { Uid = 7 });
        Add(Some.Exec("docker", "ps"));
        await service.StartAsync(CancellationToken.None);
        await service.StopAsync(CancellationToken.None);

        V1.Alert[] alerts = [.. (await spool.ReadAllAsync()).Select(static each => each.Record.Alert)];
        Assert.Equal(103, alerts.Length);
        Assert.All(alerts.SkipLast(1), static alert => Assert.Equal(0ul, alert.Repeated));
        V1.Alert summary = alerts[^1];
        Assert.Equal((199ul, Some.Time.AddSeconds(100), Some.Time.AddSeconds(299)), (summary.Repeated, summary.RepeatedSince.ToDateTimeOffset(), summary.Time.ToDateTimeOffset()));
        Assert.Contains("\"repeated\":199,\"repeated_since\":\"2026-11-22T08:01:40.000000Z\"", AlertJson.Write(summary), StringComparison.Ordinal);

        spool.Acknowledge(spool.Range.Epoch, 50);
        await SomeSpool.UntilAsync(() => _counters[Counter.Acknowledged] == 50);
        Conservation law = Conservation.Of(_counters, (ulong)spool.Status.Alerts);
        Assert.Equal(new Conservation(303, 50, 199, 1, 53, 0), law);
        Assert.Equal(0ul, law.Unaccounted);
        Assert.Equal([new("rule=\"PRIVILEGED\"", 199)], _counters.Suppressed.Read());
        Assert.Equal([new("severity=\"high\",tool=\"docker\",rule=\"PRIVILEGED\"", _counters[Counter.Alerts])], _counters.Alerts.Read());

        void Add(ExecEvent exec)
        {
            _counters.Add(Counter.EventsWatched);
            Assert.True(events.TryAdd(exec));
        }
    }

    private async Task<V1.Alert> Detect(Redactor redactor, params string[] argv)
    {
        var events = new EventQueue(_counters);
        using var directory = new TemporaryDirectory();
        using RecordSpool spool = SomeSpool.Open(directory.Path, _counters);
        using DetectionService service = Service(events, redactor, new FloodControl(TimeProvider.System), spool);
        Assert.True(events.TryAdd(Some.Exec(argv)));
        await service.StartAsync(CancellationToken.None);
        await service.StopAsync(CancellationToken.None);
        return Assert.Single(await spool.ReadAllAsync()).Record.Alert;
    }
    private DetectionService Service(EventQueue events, Redactor redactor, FloodControl flood, RecordSpool spool, TimeProvider? time = null)
    {
        var detector = new Detector(RuleSet.Shipped("default"), new ManifestReader(new ProcFs(), _counters, TimeProvider.System).ReadAsync, redactor, _counters);
        return new DetectionService(events, new Live<Detector>(detector), Some.Host, flood, new AlertHistory(1024 * 1024), spool, new AlertFeed(), _counters, new Progress(TimeProvider.System), time ?? TimeProvider.System);
    }
}
