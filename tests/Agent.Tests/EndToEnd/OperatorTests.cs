using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>What an operator asks a running agent: the built programs.</summary>
public sealed class OperatorTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly RunningAgent _running;

    public OperatorTests() => _running = RunningAgent.Start(_directory.Path);

    public void Dispose()
    {
        _running.Dispose();
        _directory.Dispose();
    }

    [KernelFact]
    public void What_a_monitor_could_miss_is_seen_through_the_whole_chain()
    {
        Programs.Outcome selftest = Ask("selftest");

        Assert.True(selftest.ExitCode == 0, selftest.Output + selftest.Error + _running.Messages);
        string[] lines = selftest.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["execve", "long argv", "another name", "execveat", "memfd", "setuid", "delivery"], lines.Select(static line => line[6..20].TrimEnd()));
        Assert.All(lines, static line => Assert.StartsWith("ok ", line, StringComparison.Ordinal));
        Assert.Matches("known by its content, all of 4 arguments, after [0-9.]+ ms", lines[4]);
        Assert.Equal(6, _running.Stored().Count(static alert => alert.TryGetProperty("image", out JsonElement image) && image.GetString()!.StartsWith("tallyman-selftest:", StringComparison.Ordinal)));
        Assert.Equal(0, _running.Stop());
        _running.AssertEverythingIsAccountedFor();
        Assert.Equal(69, Ask("selftest").ExitCode);
    }

    [KernelFact]
    public void Alerts_are_shown_as_they_come_filtered_and_explained_and_learnt_from()
    {
        string docker = Executable("docker");
        Programs.Run(docker, "run", "--privileged", "first:1");
        Programs.Run(docker, "run", "--privileged", "first:2");
        Programs.Run(docker, "run", "--pid=host", "--privileged", "-v", "/:/host", "second");
        string id = _running.AlertWith("second").GetProperty("id").GetString()!;

        JsonElement[] last = Own(Ask("tail", "--once", "--json", "--last", "100").Output);
        Assert.Equal([(true, 1), (false, 2), (true, 1)], last.Select(static alert => (alert.GetProperty("first_seen").GetBoolean(), alert.GetProperty("times_seen").GetInt32())));
        Assert.Equal(id, Assert.Single(Own(Ask("tail", "--once", "--json", "--indicator", "host_mount", "--user", "0", "--new", "--tool", "docker", "--last", "100").Output)).GetProperty("id").GetString());
        Assert.Empty(Own(Ask("tail", "--once", "--json", "--tool", "podman", "--last", "100").Output));

        var shown = new ConcurrentQueue<string>();
        using var following = new Process { StartInfo = new ProcessStartInfo(Programs.Agent, ["tail", "--last", "0", "--min-severity", "high", "--state", _running.State]) { RedirectStandardOutput = true } };
        following.OutputDataReceived += (_, line) => shown.Enqueue(line.Data ?? "");
        following.Start();
        following.BeginOutputReadLine();
        _running.Until(
            () =>
            {
                Programs.Run(docker, "exec", "web", "ls"); // not that severe
                Programs.Run(docker, "run", "--privileged", "-v", "/etc:/x", "third");
                return shown.Contains($"  {docker} run --privileged -v /etc:/x third");
            },
            "an alert is shown");
        Assert.DoesNotContain($"  {docker} exec web ls", shown);
        following.Kill();

        Programs.Outcome explained = Ask("explain", id);
        Assert.Equal(0, explained.ExitCode);
        Assert.StartsWith("CRITICAL  ", explained.Output, StringComparison.Ordinal);
        Assert.All(
            new[] { "A tree of the host that gives control of it.", "risk_score 105", "seen       for the first time", "who        host ", "    reason: \"\"" },
            text => Assert.Contains(text, explained.Output, StringComparison.Ordinal));
        Programs.Outcome read = Programs.Run(new ProcessStartInfo(Programs.Agent, ["explain", "-"]), _running.AlertWith("second").GetRawText());
        Assert.Equal(explained.Output.Replace("  (profile default)", "", StringComparison.Ordinal), read.Output); // JSON has no profile
        Assert.Equal(69, Ask("explain", "nosuchalert").ExitCode);

        Assert.Equal(0, _running.Stop());
        Programs.Outcome learnt = Ask("learn", "--since", "1h", "--least", "2");
        Assert.Equal(0, learnt.ExitCode);
        const string Proposed = "+      image: \"first:*\"";
        Assert.Contains(Proposed, learnt.Output.Split('\n'));
        Assert.DoesNotContain("second", learnt.Output, StringComparison.Ordinal);
        string alerts = string.Concat(_running.Alerts().Select(static alert => alert.GetRawText() + "\n"));
        Assert.Contains(Proposed, Programs.Run(new ProcessStartInfo(Programs.Agent, ["learn", "--from", "-", "--least", "2"]), alerts).Output.Split('\n'));
    }

    [KernelFact]
    public void What_was_seen_is_known_after_a_restart()
    {
        string docker = Executable("docker");
        Programs.Run(docker, "run", "--privileged", "alpine");
        _running.AlertWith("alpine");
        Assert.Equal(0, _running.Stop());
        using RunningAgent again = RunningAgent.Start(_directory.Path);
        Programs.Run(docker, "run", "--privileged", "alpine");
        Assert.Equal(2, again.AlertWith("alpine").GetProperty("times_seen").GetInt32());
    }

    [KernelFact]
    public void A_second_interrupt_does_not_wait_for_a_collector_that_says_nothing()
    {
        using var other = new TemporaryDirectory();
        using RunningAgent running = RunningAgent.Start(new RunningAgentOptions(other.Path) { Within = ["env", "--default-signal=INT"] }); // what runs in the background may be deaf to it
        running.FreezeCollector();
        Programs.Run(Executable("docker"), "run", "--privileged", "alpine");
        running.AlertWith("alpine");
        running.Until(
            () =>
            {
                running.Signal("INT");
                return running.Agent.HasExited;
            },
            "it has ended");
        Assert.Equal(130, running.Agent.ExitCode);
        Assert.Contains("alpine", Programs.Run(Programs.Agent, "spool", "export", "--state", running.State).Output, StringComparison.Ordinal);
    }

    private Programs.Outcome Ask(params string[] words) => Programs.Run(Programs.Agent, [.. words, "--state", _running.State]);

    private string Executable(string name)
    {
        string path = _directory.File(name);
        File.Copy("/bin/true", path);
        return path;
    }

    /// <summary>Alerts of what this test has executed; others execute something at the same time.</summary>
    private JsonElement[] Own(string output) =>
        [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement).Where(alert => RunningAgent.WordsOf(alert)[0].StartsWith(_directory.Path, StringComparison.Ordinal))];
}
