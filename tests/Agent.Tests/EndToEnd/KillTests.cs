using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>kill -9 of both programs at random moments under load: what was on the agent's disk is stored once, whatever comes.</summary>
public sealed class KillTests : IDisposable
{
    private static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("TALLYMAN_KILLS") ?? "3", CultureInfo.InvariantCulture);

    private readonly TemporaryDirectory _directory = new();
    private RunningAgent? _running;

    public void Dispose()
    {
        _running?.Dispose();
        _directory.Dispose();
    }

    [KernelFact]
    public void What_was_on_disk_when_an_agent_or_a_collector_was_killed_is_stored_once()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        string docker = _directory.File("docker");
        File.Copy("/bin/true", docker);
        _running = RunningAgent.Start(_directory.File("data"));
        var onDisk = new HashSet<string>();
        var spooled = new List<JsonElement>();
        for (int round = 0; round < Rounds; round++)
        {
            using Process load = Process.Start("sh", ["-c", $"i=0; while [ $i -lt 400 ]; do {docker} run --privileged round-{round} $i; i=$((i+1)); done"]);
            Task.Delay(random.Next(50, 600)).GetAwaiter().GetResult();
            if (round % 2 == 0)
            {
                spooled.AddRange(_running.CrashAgent());
            }
            else
            {
                onDisk.UnionWith(Ids(_running.Stored()));
                _running.CrashCollector();
            }

            load.WaitForExit();
        }

        _running.Deliver();
        Assert.Equal(0, _running.Stop());
        string[] stored = [.. Ids(_running.Stored())];
        onDisk.UnionWith(Ids(spooled.Where(static record => !record.TryGetProperty("record", out _))));
        Assert.True(onDisk.Count > 0 && onDisk.IsSubsetOf(stored), $"seed {seed}: {onDisk.Except(stored).Count()} of {onDisk.Count} are missing\n{_running.Messages}");
        Assert.Equal(stored.Length, stored.Distinct().Count());
        Assert.Equal(0, Programs.Run(Programs.Agent, "spool", "verify", "--state", _running.State).ExitCode);
    }

    private static IEnumerable<string> Ids(IEnumerable<JsonElement> alerts) => alerts.Select(static alert => alert.GetProperty("id").GetString()!);
}
