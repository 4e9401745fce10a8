using System.Text.Json;
using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>kill -9 of both programs at random moments under load: what was on the agent's disk is stored once, whatever comes.</summary>
[Trait("Category", Faults.Category)]
public sealed class KillTests : IDisposable
{
    private const int Executions = 600;

    private readonly TemporaryDirectory _directory = new();
    private readonly Random _random = new(Faults.Seed);
    private RunningAgent? _running;

    public void Dispose()
    {
        _running?.Dispose();
        _directory.Dispose();
    }

    [KernelFact]
    public void Each_execution_is_stored_once_and_in_order_or_fell_into_the_gap_of_a_restart()
    {
        int rounds = Faults.Rounds(4, 400); // the agent in every other one
        string docker = _directory.File("docker");
        File.Copy("/bin/true", docker);
        string mark = $"kill-{Faults.Seed}";
        _running = RunningAgent.Start(_directory.File("data"));
        var onDisk = new HashSet<string>();
        using var storm = new Storm(docker, mark, Executions * rounds);
        for (int round = 0; round < rounds || !storm.IsOver; round++)
        {
            Task.Delay(_random.Next(50, 600)).GetAwaiter().GetResult();
            if (round % 2 == 0)
            {
                onDisk.UnionWith(Ids(_running.CrashAgent()));
            }
            else
            {
                if (round % 40 == 1) // all that is stored is a lot in the end
                {
                    onDisk.UnionWith(Ids(_running.Stored()));
                }

                _running.CrashCollector();
            }
        }

        _running.Deliver();
        Assert.Equal(0, _running.Stop());
        _running.AssertEverythingIsAccountedFor();
        List<StoredRecord> records = StoredRecords.Read(_running.Data);
        int stored = records.AssertInOrder(Executions * rounds, alert => alert.Process.SeenAtStart ? null : Storm.NumberOf(alert, mark), "agent_restart"); // what is found running is found late
        string[] ids = [.. records.Select(static record => record.Alert?.Id).OfType<string>()];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.True(onDisk.Count > 0 && onDisk.IsSubsetOf(ids), $"seed {Faults.Seed}: {onDisk.Except(ids).Count()} of {onDisk.Count} are missing\n{_running.Messages}");
        Assert.Equal(0, Programs.Run(Programs.Agent, "spool", "verify", "--state", _running.State).ExitCode);
        int restarts = records.Count(static record => record.Reason == "agent_restart");
        Faults.Report("agent and collector: kill -9 in turn at random moments under load", rounds, stored, $"within {restarts:N0} agent_restart: {(Executions * rounds) - stored}", $"all {onDisk.Count} that were on disk are stored once");
    }

    private static IEnumerable<string> Ids(IEnumerable<JsonElement> records) =>
        records.Where(static record => !record.TryGetProperty("record", out _)).Select(static alert => alert.GetProperty("id").GetString()!);
}
