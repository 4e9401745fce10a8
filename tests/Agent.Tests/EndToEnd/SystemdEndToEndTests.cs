using Tallyman.Agent.Tests.Systemd;
using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>The built agent under something that listens as systemd does.</summary>
public sealed class SystemdEndToEndTests : IDisposable
{
    private const string AsItsParent = "WATCHDOG_PID=$$ exec \"$@\"";
    private const string AsAnother = "WATCHDOG_PID=1 exec \"$@\"";

    private readonly TemporaryDirectory _directory = new();
    private readonly NotifiedSocket _systemd = new();
    private RunningAgent? _running;

    public void Dispose()
    {
        _running?.Dispose();
        _systemd.Dispose();
        _directory.Dispose();
    }

    [KernelFact]
    public void It_is_ready_when_a_source_is_attached_gives_signs_of_life_and_says_that_it_ends()
    {
        RunningAgent running = Start(AsItsParent, "2000000");

        Assert.StartsWith("READY=1\nSTATUS=Seeing through ebpf, alerts 0, waiting 0, lost 0", _systemd.Receive(), StringComparison.Ordinal);
        Assert.Contains("WATCHDOG=1", _systemd.Receive(), StringComparison.Ordinal);
        Assert.Contains("WATCHDOG=1", _systemd.Receive(), StringComparison.Ordinal);

        Assert.Equal(0, running.Stop());
        string[] rest = _systemd.ReceiveAll();
        Assert.Contains("STOPPING=1\nSTATUS=Stopping\nEXTEND_TIMEOUT_USEC=10000000", rest);
        Assert.DoesNotContain(rest.SkipWhile(static message => !message.StartsWith("STOPPING", StringComparison.Ordinal)), static message => message.Contains("Seeing", StringComparison.Ordinal));
    }

    [KernelFact]
    public void A_watchdog_that_waits_for_another_process_is_not_answered()
    {
        RunningAgent running = Start(AsAnother, "200000");
        Assert.StartsWith("READY=1\n", _systemd.Receive(), StringComparison.Ordinal);
        Assert.Equal(0, running.Stop());
        Assert.DoesNotContain(_systemd.ReceiveAll(), static message => message.Contains("WATCHDOG", StringComparison.Ordinal));
    }

    [Fact]
    public void A_pipeline_that_is_stuck_gives_no_sign_of_life_until_it_goes_on()
    {
        string order = _directory.File("order");
        string log = _directory.File("audit.log");
        File.WriteAllText(log, "");

        // How far the log is read is kept on a disk that does not answer.
        Start(AsItsParent, "4000000", ["env", $"LD_PRELOAD={Programs.Disk}", $"TALLYMAN_DISK={order}"], "--source", "auditd", "--audit-log", log);
        Assert.Contains("STATUS=Seeing through auditd", _systemd.Receive(), StringComparison.Ordinal);
        File.WriteAllText(order, "hang");
        string message = ReceiveOneWith("STATUS=Stuck: source has not gone on for ");
        Assert.DoesNotContain("WATCHDOG", message + _systemd.Receive() + _systemd.Receive(), StringComparison.Ordinal);

        File.Delete(order);
        ReceiveOneWith("WATCHDOG=1");
    }

    private string ReceiveOneWith(string words)
    {
        const int Most = 100;
        return Enumerable.Range(0, Most).Select(_ => _systemd.Receive()).First(message => message.Contains(words, StringComparison.Ordinal));
    }

    private RunningAgent Start(string watchdog, string microseconds, string[]? within = null, params string[] arguments) =>
        _running = RunningAgent.Start(new RunningAgentOptions(_directory.File("data"))
        {
            Within = [.. within ?? [], "env", $"NOTIFY_SOCKET={_systemd.Address}", $"WATCHDOG_USEC={microseconds}", "sh", "-c", watchdog, "sh"],
            Arguments = arguments,
        });
}
