using System.Globalization;
using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>Of what burdens the whole machine: an agent sees the executions of other tests, too.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>More than the agent can take: it survives, and what it has not taken is counted.</summary>
[Collection(nameof(Alone))]
[Trait("Category", Faults.Category)]
public sealed class OverloadTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _docker;
    private RunningAgent? _running;

    public OverloadTests()
    {
        _docker = _directory.File("docker");
        File.Copy("/bin/true", _docker);
    }

    public void Dispose()
    {
        _running?.Dispose();
        _directory.Dispose();
    }

    [KernelFact]
    public void What_finds_no_room_in_the_ring_while_the_agent_stands_still_is_counted_to_the_last()
    {
        const int Executions = 1000;
        int rounds = Faults.Rounds(1, 10);
        (long all, ulong allLost) = (0, 0);
        for (int round = 0; round < rounds; round++)
        {
            string mark = $"overflow-{Faults.Seed}-{round}";
            _running = RunningAgent.Start(_directory.File($"data{round}"));
            _running.Signal("STOP");
            using (var storm = new Storm(_docker, mark, Executions, bytes: 30_000))
            {
                storm.Wait();
            }

            _running.Signal("CONT");
            Assert.Equal(0, _running.Stop());
            Dictionary<string, ulong> counters = _running.AssertEverythingIsAccountedFor();
            List<StoredRecord> records = StoredRecords.Read(_running.Data);
            int stored = records.Count(IsOurs);
            ulong missing = (ulong)(Executions - stored);
            ulong lost = counters.GetValueOrDefault("kernel_lost_watched");
            Assert.InRange(missing, 1ul, lost);
            Assert.True(lost == missing || OthersIn(records, counters) > 0, $"{lost} are counted, {missing} are missing");
            Assert.Equal(lost + counters.GetValueOrDefault("kernel_lost_unknown"), records.Gaps().Where(static gap => gap.Reason == "ringbuf_full").Aggregate(0ul, static (sum, gap) => sum + gap.Count));
            (all, allLost) = (all + stored, allLost + missing);
            _running.Dispose();
            _running = null;
        }

        Faults.Report($"agent: stopped (SIGSTOP) for {Executions} executions, the ring is full", rounds, all, Faults.Lost([("ringbuf_full", allLost)]), "the count is that of the generator");

        // Other people run tools on this machine, too.
        int OthersIn(List<StoredRecord> records, Dictionary<string, ulong> counters) =>
            records.Count(record => record.Alert is not null && !IsOurs(record)) + (int)counters.GetValueOrDefault("not_interesting");
    }

    [CgroupTheory]
    [InlineData(64)]
    [InlineData(256)]
    public void In_little_memory_it_survives_hostile_command_lines_at_full_rate(int megabytes)
    {
        int executions = Faults.Rounds(300, 3000);
        string mark = $"memory-{Faults.Seed}";
        using var cgroup = new MemoryCgroup(megabytes);
        _running = RunningAgent.Start(new RunningAgentOptions(_directory.File("data")) { Within = cgroup.Within });
        Storm[] storms = [.. Enumerable.Range(0, 2).Select(i => new Storm(_docker, $"{mark}-{i}", executions, bytes: 120_000))];
        Array.ForEach(storms, static storm => storm.Wait());
        Assert.False(_running.Agent.HasExited, _running.Messages);
        Assert.True(_running.Stop() == 0, _running.Messages);
        Dictionary<string, ulong> counters = _running.AssertEverythingIsAccountedFor();
        List<StoredRecord> records = StoredRecords.Read(_running.Data);
        int stored = records.Count(IsOurs);
        ulong lost = new[] { "kernel_lost_watched", "lost_queue_full", "lost_spool_write_failed", "lost_spool_evicted", "lost_malformed", "lost_headless", "pending_alerts" }.Aggregate(0ul, (sum, name) => sum + counters.GetValueOrDefault(name));
        Assert.InRange((ulong)((2 * executions) - stored), 0ul, lost);
        Faults.Report(
            $"agent: {megabytes} MiB of memory (cgroup), two storms with arguments of 120 kB", 1, stored, Faults.Lost(records.Gaps()),
            string.Create(CultureInfo.InvariantCulture, $"survives; {cgroup.MostBytes / 1024 / 1024} MiB at most"));
        Array.ForEach(storms, static storm => storm.Dispose());
    }

    /// <summary>Also of those whose arguments were lost in part.</summary>
    private bool IsOurs(StoredRecord record) => record.Alert?.Process.Executable == _docker;
}
