using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;
using Xunit;

namespace Tallyman.Agent.Tests.Spool;

/// <summary>A disk that is full or read-only: nothing ends, nothing throws, everything is kept or counted, and it goes on when it can.</summary>
[Trait("Category", Faults.Category)]
public sealed class FailingDiskTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Counters _counters = new();
    private readonly Health _health = new();
    private readonly string _disk;

    public FailingDiskTests() => _disk = Directory.CreateDirectory(_directory.File("disk")).FullName;

    public void Dispose()
    {
        Programs.Run("umount", _disk);
        _directory.Dispose();
    }

    [TmpfsFact]
    public async Task On_a_full_disk_records_wait_in_memory_and_are_delivered_from_there()
    {
        Mount("size=2m");
        using RecordSpool spool = SomeSpool.Open(_disk, _counters, _health, memory: 1024 * 1024);
        File.WriteAllBytes(Path.Combine(_disk, "filler"), new byte[1024 * 1024]);
        const int Many = 2000;
        for (int i = 0; i < Many; i++)
        {
            spool.Append(SomeSpool.Alert($"r{i}", bytes: 2000));
            if (i % 50 == 0)
            {
                await Task.Delay(1);
            }
        }

        await SomeSpool.UntilAsync(() => _health[Ailment.SpoolFailing] is not null);
        Assert.Contains("full", _health[Ailment.SpoolFailing], StringComparison.Ordinal);
        await DeliverAllAsync(spool, Many);

        File.Delete(Path.Combine(_disk, "filler"));
        spool.Append(SomeSpool.Alert("after"));
        await SomeSpool.UntilAsync(() => _health[Ailment.SpoolFailing] is null && spool.Status.InMemory == 0);
        Assert.Equal("after", (await spool.ReadAllAsync())[^1].Record.Alert.Id);
        Assert.Equal(0ul, _counters[Counter.LostSpoolCorrupt]);
        await spool.UntilAccountedForAsync(_counters, Many + 1);
        ulong lost = _counters[Counter.LostSpoolWriteFailed];
        Faults.Report("disk: full, with 1 MiB of memory beside it", 1, Many + 1 - (long)lost, Faults.Lost([("spool_write_failed", lost), ("spool_evicted", _counters[Counter.LostSpoolEvicted])]), "delivered from memory, goes on when there is room");
    }

    [TmpfsFact]
    public async Task Without_inodes_records_wait_in_memory_until_there_are_some()
    {
        Mount("size=8m,nr_inodes=3"); // the root, the lock, and the file without its journal
        using RecordSpool spool = SomeSpool.Open(_disk, _counters, _health);
        Assert.NotNull(_health[Ailment.SpoolFailing]);
        for (int i = 0; i < 100; i++)
        {
            spool.Append(SomeSpool.Alert($"r{i}"));
        }

        await DeliverAllAsync(spool, 100);
        spool.Append(SomeSpool.Alert("meanwhile"));
        Programs.Run("mount", "-o", "remount,nr_inodes=100", _disk);
        await SomeSpool.UntilAsync(() => _health[Ailment.SpoolFailing] is null && spool.Status.InMemory == 0);
        Assert.Equal(["meanwhile"], (await spool.ReadAllAsync()).Select(static each => each.Record.Alert?.Id).OfType<string>());
        await spool.UntilAccountedForAsync(_counters, 101);
        Faults.Report("disk: no inode left", 1, 101, "", "delivered from memory, goes on when there are some");
    }

    [TmpfsFact]
    public async Task It_starts_on_a_read_only_disk_and_takes_up_what_was_there_when_it_can()
    {
        Mount("size=8m");
        using (RecordSpool before = SomeSpool.Open(_disk))
        {
            before.Append(SomeSpool.Alert("before"));
        }

        Programs.Run("mount", "-o", "remount,ro", _disk);
        using RecordSpool spool = SomeSpool.Open(_disk, _counters, _health);
        Assert.NotNull(_health[Ailment.SpoolFailing]);
        spool.Append(SomeSpool.Alert("meanwhile"));
        Assert.Equal(["meanwhile"], (await spool.ReadAllAsync()).Select(static each => each.Record.Alert.Id));
        ulong epoch = spool.Range.Epoch;

        Programs.Run("mount", "-o", "remount,rw", _disk);
        await SomeSpool.UntilAsync(() => _health[Ailment.SpoolFailing] is null && spool.Status.InMemory == 0);
        Assert.NotEqual(epoch, spool.Range.Epoch);
        Assert.Equal(["before", "meanwhile", "gap agent_restart 0 about"], RecordSpoolTests.Texts(await spool.ReadAllAsync()));
        await spool.UntilAccountedForAsync(_counters, 1);
        Faults.Report("disk: read-only when the agent starts", 1, 2, "", "delivered from memory; what was there is taken up when it can be");
    }

    private void Mount(string options) => Assert.Equal(0, Programs.Run("mount", "-t", "tmpfs", "-o", options, "tallyman-test", _disk).ExitCode);

    /// <summary>Every one of them arrives or is counted.</summary>
    private async Task DeliverAllAsync(RecordSpool spool, int appended)
    {
        List<(ulong Sequence, V1.Record Record)> all = await spool.ReadAllAsync();
        ulong counted = all.Aggregate(0ul, static (sum, each) => sum + (each.Record.Gap?.Count ?? 0));
        Assert.Equal((ulong)appended, (ulong)all.Count(static each => each.Record.Alert is not null) + counted);
        Assert.Equal(counted, _counters[Counter.LostSpoolWriteFailed] + _counters[Counter.LostSpoolEvicted]);
        spool.Acknowledge(spool.Range.Epoch, spool.Range.Next - 1);
        await SomeSpool.UntilAsync(() => spool.Status.InMemory == 0);
        Assert.Equal((ulong)all.Count(static each => each.Record.Alert is not null), _counters[Counter.AcknowledgedAlerts] + (ulong)spool.Status.Alerts);
    }
}
