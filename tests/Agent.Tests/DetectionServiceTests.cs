using Google.Protobuf;
using Tallyman.Agent.Manifests;
using Tallyman.Agent.Model;
using Tallyman.Agent.Redaction;
using Tallyman.Agent.Rules;
using Tallyman.Agent.Sources;
using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;
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

    private async Task<V1.Alert> Detect(Redactor redactor, params string[] argv)
    {
        var events = new EventQueue(_counters);
        var spool = new MemorySpool(_counters, TimeProvider.System);
        using var printer = new AlertPrinter(PrintFormat.None, TextWriter.Null, colour: false);
        var detector = new Detector(RuleSet.Shipped("default"), new ManifestReader(new ProcFs(), _counters, TimeProvider.System).ReadAsync, redactor, _counters);
        using var service = new DetectionService(events, detector, Some.Host, spool, printer, _counters);
        Assert.True(events.TryAdd(Some.Exec(argv)));
        await service.StartAsync(CancellationToken.None);
        await service.StopAsync(CancellationToken.None);
        return Assert.Single(spool.Read(spool.Range.First, 10, long.MaxValue).Records).Alert;
    }
}
