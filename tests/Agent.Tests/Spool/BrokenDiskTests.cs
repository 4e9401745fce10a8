using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;
using Xunit;

namespace Tallyman.Agent.Tests.Spool;

/// <summary>A disk that loses power or breaks under an open spool: what was on it is there again, and what is not is counted.</summary>
[Trait("Category", Faults.Category)]
public sealed class BrokenDiskTests
{
    [SmallDiskFact]
    public async Task What_was_on_disk_is_there_after_a_power_cut()
    {
        int rounds = Faults.Rounds(5, 200);
        var random = new Random(Faults.Seed);
        using var disk = new SmallDisk();
        var known = new List<string>(); // on disk for sure, as the spool says
        var appended = new List<string>();
        int cut = 0;
        for (int round = 0; round < rounds; round++)
        {
            using (RecordSpool spool = SomeSpool.Open(disk.Path, size: 4 * SomeSpool.Size)) // nothing need go for what comes
            {
                List<string> found = await AlertsAsync(spool);
                Assert.True(found.Count >= known.Count && found.SequenceEqual(appended.Take(found.Count)), $"seed {Faults.Seed}, round {round}: {found.Count} are found, {known.Count} were on disk");
                cut += appended.Count - found.Count;
                appended.RemoveRange(found.Count, appended.Count - found.Count);
                for (int i = random.Next(1, 40); i > 0; i--)
                {
                    appended.Add($"r{round}n{i}");
                    spool.Append(SomeSpool.Alert(appended[^1], bytes: random.Next(3000)));
                    if (random.Next(20) == 0)
                    {
                        await spool.SettleAsync();
                    }
                }

                int inMemory = (int)spool.Status.InMemory;
                disk.CutPower();
                known = appended[..^inMemory];
            }

            disk.MountAnew();
        }

        using RecordSpool last = SomeSpool.Open(disk.Path, size: 4 * SomeSpool.Size);
        List<(ulong Sequence, V1.Record Record)> all = await last.ReadAllAsync();
        Assert.Equal(rounds, all.Count(static each => each.Record.Gap?.Reason == "agent_restart"));
        Faults.Report("disk: power cut (ext4 forgets what is not flushed)", rounds, all.Count(static each => each.Record.Alert is not null), $"within {rounds} agent_restart: {cut} that were in memory", "everything that was on disk is there, in order");
    }

    [SmallDiskFact]
    public async Task While_it_answers_with_errors_records_wait_in_memory_and_are_delivered_from_there()
    {
        using var disk = new SmallDisk();
        var counters = new Counters();
        var health = new Health();
        using (RecordSpool spool = SomeSpool.Open(disk.Path, counters, health))
        {
            await AppendAsync(spool, "before", 100);
            disk.CutPower();
            await AppendAsync(spool, "after", 100, settle: false);
            await SomeSpool.UntilAsync(() => health[Ailment.SpoolFailing] is not null);
            List<string> all = await AlertsAsync(spool);
            Assert.Equal(Enumerable.Range(0, 100).Select(static i => $"after{i}"), all.Where(static id => id.StartsWith('a')));
            Assert.Equal(100 - all.Count(static id => id.StartsWith('b')), (int)counters[Counter.LostSpoolCorrupt]);
            spool.Acknowledge(spool.Range.Epoch, spool.Range.Next - 1);
            await spool.UntilAccountedForAsync(counters, 200);
        }

        disk.MountAnew();
        using RecordSpool again = SomeSpool.Open(disk.Path);
        Assert.Equal(Enumerable.Range(0, 100).Select(static i => $"before{i}"), await AlertsAsync(again));
        Faults.Report("disk: every access ends with EIO, under an open spool", 1, 200, "", "delivered from memory; what was on disk is delivered after it is mended");
    }

    [SmallDiskFact]
    public async Task When_it_turns_read_only_what_is_there_is_delivered_and_the_rest_from_memory()
    {
        using var disk = new SmallDisk();
        var counters = new Counters();
        var health = new Health();
        using RecordSpool spool = SomeSpool.Open(disk.Path, counters, health);
        await AppendAsync(spool, "before", 100);
        disk.TurnReadOnly();
        await AppendAsync(spool, "after", 100, settle: false);
        await SomeSpool.UntilAsync(() => health[Ailment.SpoolFailing] is not null);
        List<string> all = await AlertsAsync(spool);
        Assert.Equal([.. Enumerable.Range(0, 100).Select(static i => $"before{i}"), .. Enumerable.Range(0, 100).Select(static i => $"after{i}")], all);
        await spool.UntilAccountedForAsync(counters, 200);
        Faults.Report("disk: turns read-only under an open spool", 1, all.Count, "", "delivered from what is there and from memory");
    }

    private static async Task AppendAsync(RecordSpool spool, string name, int count, bool settle = true)
    {
        for (int i = 0; i < count; i++)
        {
            spool.Append(SomeSpool.Alert($"{name}{i}"));
        }

        await (settle ? spool.SettleAsync() : Task.CompletedTask);
    }

    private static async Task<List<string>> AlertsAsync(RecordSpool spool) => [.. (await spool.ReadAllAsync()).Select(static each => each.Record.Alert?.Id).OfType<string>()];
}
