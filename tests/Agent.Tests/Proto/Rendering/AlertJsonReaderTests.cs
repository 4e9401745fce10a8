using Tallyman.Agent.Alerts;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Tallyman.Rendering;
using Xunit;

namespace Tallyman.Agent.Tests.Proto.Rendering;

public class AlertJsonReaderTests
{
    private static readonly RuleSet Rules = RuleSet.Shipped("default");

    [Fact]
    public void What_was_written_is_read_again()
    {
        V1.Alert alert = AlertOf(Some.Exec("docker", "run", "--privileged", "-v", "/:/x", "--label", "a=\u202eb\n", "alpine@sha256:00") with { FileName = HostText.Of("./docker"), MissingBytes = 7 });
        alert.Lowered = new V1.Lowered { Exception = "builds", From = V1.Severity.Critical };
        alert.Seen = new V1.Seen { Times = 3, Since = alert.Time };
        alert.Repeated = 4;
        alert.RepeatedSince = alert.Time;
        alert.Process.SeenAtStart = true;
        alert.Process.Pod = new V1.Pod { Uid = "7b1c", Namespace = "ci", Name = "runner-0", QosClass = "Burstable" };
        alert.CommandLine.Cuts.Add(new V1.ArgumentCut { Arg = 3, Length = 300_000, Sha256 = "00ff" });
        (alert.CommandLine.OmittedFrom, alert.CommandLine.OmittedCount) = (5, 100);
        alert.CommandLine.Manifests.Add(new V1.Manifest { Name = "app.yaml", Arg = 2, Sha256 = "11" });
        alert.CommandLine.Manifests.Add(new V1.Manifest { Name = "-", Unread = "stdin" });
        string written = AlertJson.Write(alert, 17);

        (V1.Alert Alert, ulong Sequence) read = AlertJsonReader.Read(written)!.Value;
        Assert.Equal(17ul, read.Sequence);
        Assert.Equal(written, AlertJson.Write(read.Alert, read.Sequence));
        Assert.Equal(AlertText.Write(alert, colour: false), AlertText.Write(read.Alert, colour: false));
    }

    [Fact]
    public void So_are_bytes_that_are_no_text()
    {
        byte[] area = [.. "docker\0run\0--name\0"u8, 0xff, 0x01, 0x00, .. "--privileged\0alpine\0"u8];
        string written = AlertJson.Write(AlertOf(Some.Exec(Argv.FromArea(area))));

        V1.Alert read = AlertJsonReader.Read(written)!.Value.Alert;
        Assert.Equal([0xff, 0x01], read.CommandLine.Argv[3].ToByteArray());
        Assert.Equal(written, AlertJson.Write(read));
    }

    [Theory]
    [InlineData("""{"record":"gap","sequence":3,"reason":"ring_full"}""")]
    [InlineData("""{"argv":["docker"],"tool":"docker","alert":true}""")]
    [InlineData("{}")]
    public void Other_records_are_no_alerts(string line) => Assert.Null(AlertJsonReader.Read(line));

    [Fact]
    public void Whatever_else_it_is_it_is_refused_with_a_reason_or_read()
    {
        const int Seed = 11;
        var random = new Random(Seed);
        string good = AlertJson.Write(AlertOf(Some.Exec("docker", "run", "--privileged", "alpine")));
        string[] pieces = ["null", "-1", "\"x\"", "[]", "{}", "1e99", "true"];
        int refused = 0;
        for (int i = 0; i < 5000; i++)
        {
            int at = good.IndexOf(':', random.Next(good.Length)) + 1;
            int end = good.IndexOfAny([',', '}'], at);
            string line = i % 3 == 0 ? good[..random.Next(good.Length)] : good[..at] + pieces[random.Next(pieces.Length)] + good[Math.Max(at, end)..];
            try
            {
                AlertJsonReader.Read(line);
            }
            catch (FormatException e)
            {
                Assert.False(string.IsNullOrEmpty(e.Message), $"seed {Seed}, round {i}");
                refused++;
            }
        }

        Assert.InRange(refused, 1000, 5000);
    }

    internal static V1.Alert AlertOf(ExecEvent exec, Actor? actor = null)
    {
        Invocation invocation = CommandLineReader.Read(exec);
        return AlertMessage.Of(new Alert("q6bzx3k2c5i4a7wq3m2jv5hntu", exec, invocation, Rules.Judge(invocation)) { Actor = actor ?? Some.Actor }, Some.Host, Some.Redactor.Redact(exec));
    }
}
