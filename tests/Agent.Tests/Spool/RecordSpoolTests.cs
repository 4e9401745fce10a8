using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;
using Tallyman.V1;
using Xunit;

namespace Tallyman.Agent.Tests.Spool;

public sealed class RecordSpoolTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Counters _counters = new();
    private readonly Health _health = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Records_are_numbered_from_one_and_wait_until_acknowledged()
    {
        using RecordSpool spool = Open();
        Assert.Equal([1ul, 2ul, 3ul], new[] { "a", "b", "c" }.Select(id => spool.Append(SomeSpool.Alert(id))));

        Assert.Equal(["a", "b", "c"], Ids(await spool.ReadAllAsync()));
        ulong epoch = spool.Range.Epoch;
        spool.Acknowledge(epoch, 1);
        spool.Acknowledge(epoch, 1);
        Assert.Equal(["b", "c"], Ids(await spool.ReadAllAsync()));
        spool.Acknowledge(epoch, 100); // never sent
        spool.Acknowledge(epoch + 1, 3); // another epoch
        await SomeSpool.UntilAsync(() => _counters[Counter.Acknowledged] == 1);
        spool.Acknowledge(epoch, 3);
        await SomeSpool.UntilAsync(() => spool.Status.Records == 0);
        Assert.Equal((3ul, 3ul, 4ul), (_counters[Counter.Acknowledged], spool.Range.Acknowledged, spool.Range.Next));
    }

    [Fact]
    public async Task What_waits_outlives_the_agent_and_the_time_between_runs_is_a_gap()
    {
        ulong epoch;
        using (RecordSpool spool = Open())
        {
            Append(spool, "a", "b", "c");
            await spool.ReadAllAsync();
            epoch = spool.Range.Epoch;
            spool.Acknowledge(epoch, 1);
        }

        using RecordSpool again = Open();
        Assert.Equal((epoch, 1ul), (again.Range.Epoch, again.Range.Acknowledged));
        List<(ulong Sequence, V1.Record Record)> waiting = await again.ReadAllAsync();
        Assert.Equal(["b", "c", "gap agent_restart 0 about"], Texts(waiting));
        Assert.True(again.PreviousRun!.Value.Clean);
        Assert.Equal(2ul, _counters[Counter.AlertsCarriedOver]);
    }

    [Fact]
    public async Task The_oldest_record_that_waits_has_a_time_on_disk_and_in_memory_and_in_the_next_run()
    {
        using (RecordSpool spool = Open())
        {
            Assert.Null(spool.Status.Oldest);
            foreach (int second in new[] { 3, 1, 2 })
            {
                spool.Append(SomeSpool.Alert($"{second}", time: Some.Time.AddSeconds(second)));
                Assert.Equal(Some.Time.AddSeconds(3), spool.Status.Oldest); // wherever it is by now
            }

            await spool.ReadAllAsync();
            spool.Acknowledge(spool.Range.Epoch, 1);
            await SomeSpool.UntilAsync(() => spool.Status.Records == 2);
            Assert.Equal(Some.Time.AddSeconds(1), spool.Status.Oldest);
            spool.Acknowledge(spool.Range.Epoch, 2);
        }

        using RecordSpool again = Open();
        Assert.Equal(Some.Time.AddSeconds(2), again.Status.Oldest);
        await again.ReadAllAsync();
        again.Acknowledge(again.Range.Epoch, again.Range.Next - 1);
        await SomeSpool.UntilAsync(() => again.Status.Records == 0);
        Assert.Null(again.Status.Oldest);
    }

    [Fact]
    public async Task A_read_has_bounds_and_still_one_record()
    {
        using RecordSpool spool = Open();
        Append(spool, [.. Enumerable.Range(0, 10).Select(static i => new string('x', 100 + i))]);
        await spool.SettleAsync();
        ulong epoch = spool.Range.Epoch;

        Assert.Equal(3, (await spool.ReadAsync(epoch, 1, 3, 1_000_000, default))!.Records.Count);
        Assert.Single((await spool.ReadAsync(epoch, 1, 10, 1, default))!.Records);
        Task<SpoolBatch?> nothingYet = spool.ReadAsync(epoch, 11, 10, 1000, default);
        Assert.False(nothingYet.IsCompleted);
        Append(spool, "new");
        Assert.Equal("new", (await nothingYet)!.Records[0].Alert.Id);
        Assert.Null(await spool.ReadAsync(epoch + 1, 1, 10, 1000, default));
    }

    [Fact]
    public async Task When_it_is_full_the_oldest_of_the_lowest_severity_go_and_gaps_count_them_in_their_places()
    {
        const int Many = 1500;
        using RecordSpool spool = Open();
        for (int i = 1; i <= Many; i++)
        {
            spool.Append(SomeSpool.Alert($"r{i}", i % 10 == 0 ? Severity.Critical : Severity.Medium, bytes: 5000, time: Some.Time.AddSeconds(i)));
            if (i % 100 == 0)
            {
                await spool.SettleAsync();
            }
        }

        await spool.SettleAsync();
        List<(ulong Sequence, V1.Record Record)> waiting = await spool.ReadAllAsync();
        Assert.Equal((ulong)Many, waiting[^1].Sequence);
        Assert.Equal(Many / 10, waiting.Count(static each => each.Record.Alert?.Scores.Severity == Severity.Critical));
        GapRecord[] gaps = [.. waiting.Select(static each => each.Record.Gap).OfType<GapRecord>()];
        Assert.All(gaps, static gap => Assert.Equal(("spool_evicted", true), (gap.Reason, gap.CountIsExact)));
        AssertDense(waiting);
        ulong evicted = gaps.Aggregate(0ul, static (sum, gap) => sum + gap.Count);
        Assert.Equal((ulong)(Many - waiting.Count(static each => each.Record.Alert is not null)), evicted);
        Assert.Equal(evicted, _counters[Counter.LostSpoolEvicted]);
        Assert.Equal((Some.Time.AddSeconds(1), Some.Time.AddSeconds(9), 9ul), (gaps[0].First.ToDateTimeOffset(), gaps[0].Last.ToDateTimeOffset(), gaps[0].Count));
        Assert.Equal(9ul, waiting[0].Sequence);
        Assert.InRange(new FileInfo(_directory.File("spool.db")).Length, 1, SomeSpool.Size);
        Assert.InRange(gaps[0].Count, 1ul, (ulong)Many);
    }

    [Fact]
    public async Task Critical_ones_go_too_where_there_is_nothing_else_and_become_one_gap()
    {
        const int Many = 1500;
        using RecordSpool spool = Open(memory: 64 * 1024 * 1024);
        for (int i = 1; i <= Many; i++)
        {
            spool.Append(SomeSpool.Alert($"r{i}", Severity.Critical, bytes: 5000));
        }

        await spool.SettleAsync();
        List<(ulong Sequence, V1.Record Record)> waiting = await spool.ReadAllAsync();
        Assert.Equal(waiting[0].Sequence, waiting[0].Record.Gap.Count);
        Assert.All(waiting.Skip(1), static each => Assert.NotNull(each.Record.Alert));
        Assert.Equal($"r{Many}", waiting[^1].Record.Alert.Id);
        AssertDense(waiting);
    }

    [Fact]
    public async Task What_was_sent_is_not_evicted_so_that_its_place_keeps_its_name()
    {
        using RecordSpool spool = Open(memory: 64 * 1024 * 1024);
        Append(spool, "first", "second");
        await spool.ReadAllAsync();
        for (int i = 0; i < 1500; i++)
        {
            spool.Append(SomeSpool.Alert($"r{i}", bytes: 5000));
        }

        await spool.SettleAsync();
        Assert.Equal(["first", "second", "gap spool_evicted"], Texts(await spool.ReadAllAsync()).Take(3).Select(static text => text.StartsWith("gap", StringComparison.Ordinal) ? text[..17] : text));
    }

    [Fact]
    public async Task A_collector_that_was_restored_gets_again_what_is_still_here_and_a_gap_for_the_rest()
    {
        using RecordSpool spool = SomeSpool.Open(new SpoolOptions(_directory.Path, SomeSpool.Size) { KeepBytes = 1500 }, _counters);
        for (int i = 1; i <= 10; i++)
        {
            spool.Append(SomeSpool.Alert($"r{i}", bytes: 400));
            await spool.ReadAllAsync();
            spool.Acknowledge(spool.Range.Epoch, (ulong)i);
            await SomeSpool.UntilAsync(() => spool.Status.Records == 0);
        }

        ulong first = spool.Range.First;
        Assert.InRange(first, 6ul, 10ul);
        List<(ulong Sequence, V1.Record Record)> again = await spool.ReadAllAsync(from: 3);
        Assert.Equal([$"gap collector_rewound {first - 3} exactly", .. Enumerable.Range((int)first, 11 - (int)first).Select(static i => $"r{i}")], Texts(again));
        Assert.Equal(first - 1, again[0].Sequence);
        Assert.Equal(10ul, _counters[Counter.Acknowledged]);
    }

    [Fact]
    public async Task A_collector_that_has_everything_but_knows_nothing_any_more_gets_a_gap()
    {
        using RecordSpool spool = SomeSpool.Open(new SpoolOptions(_directory.Path, SomeSpool.Size) { KeepFor = TimeSpan.Zero });
        Append(spool, "a", "b");
        await spool.ReadAllAsync();
        spool.Acknowledge(spool.Range.Epoch, 2);
        await SomeSpool.UntilAsync(() => spool.Range.First == 3);

        Assert.Equal(["gap collector_rewound 2 exactly"], Texts(await spool.ReadAllAsync(from: 1)));
    }

    [Fact]
    public async Task Where_a_collector_knows_more_than_was_ever_sent_everything_gets_new_names()
    {
        using RecordSpool spool = Open();
        Append(spool, "a", "b", "c");
        await spool.ReadAllAsync();
        SpoolRange before = spool.Range;
        spool.Acknowledge(before.Epoch, 1);
        spool.Renew(before.Epoch);

        SpoolRange after = spool.Range;
        Assert.NotEqual(before.Epoch, after.Epoch);
        Assert.Equal((1ul, 0ul, 0ul, 3ul), (after.First, after.Acknowledged, after.Sent, after.Next));
        Assert.Equal(["b", "c"], Ids(await spool.ReadAllAsync()));
        spool.Renew(before.Epoch); // is over
        Assert.Equal(after.Epoch, spool.Range.Epoch);
    }

    [Fact]
    public async Task What_a_collector_refuses_is_kept_aside_and_counted_once()
    {
        using (RecordSpool spool = Open())
        {
            Append(spool, "a", "b");
            await spool.ReadAllAsync();
            spool.Reject(spool.Range.Epoch, 2, "nobody knows why");
            spool.Reject(spool.Range.Epoch, 2, "nobody knows why");
            spool.Reject(spool.Range.Epoch, 3, "was never sent");
            spool.Acknowledge(spool.Range.Epoch, 2);
            await SomeSpool.UntilAsync(() => spool.Status.Records == 0);
        }

        Assert.Equal((1ul, 2ul, 1ul), (_counters[Counter.LostNacked], _counters[Counter.Acknowledged], _counters[Counter.AcknowledgedAlerts]));
    }

    [Fact]
    public async Task What_a_collector_refuses_while_the_disk_is_not_there_is_counted_too()
    {
        string state = _directory.File("state");
        File.WriteAllText(state, "not a directory");
        using RecordSpool spool = SomeSpool.Open(state, _counters, _health);
        Append(spool, "a", "b");
        await spool.ReadAllAsync();
        spool.Reject(spool.Range.Epoch, 2, "nobody knows why");
        spool.Acknowledge(spool.Range.Epoch, 2);
        await SomeSpool.UntilAsync(() => spool.Status.Records == 0);
        Assert.Equal((1ul, 1ul), (_counters[Counter.LostNacked], _counters[Counter.AcknowledgedAlerts]));
    }

    [Fact]
    public void A_second_agent_is_refused()
    {
        using RecordSpool spool = Open();
        var e = Assert.Throws<Tallyman.Cli.UserException>(() => Open());
        Assert.Contains($"another agent uses {_directory.Path}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_the_disk_is_not_there_records_are_sent_from_memory_and_what_finds_no_room_is_a_gap()
    {
        string state = _directory.File("state");
        File.WriteAllText(state, "not a directory");
        using RecordSpool spool = SomeSpool.Open(state, _counters, _health, memory: 10_000);
        Assert.Contains("state", _health[Ailment.SpoolFailing], StringComparison.Ordinal);
        for (int i = 1; i <= 20; i++)
        {
            spool.Append(SomeSpool.Alert($"r{i}", bytes: 1000));
        }

        spool.Append(SomeSpool.Alert("high", Severity.High, bytes: 1000));
        List<(ulong Sequence, V1.Record Record)> sent = await spool.ReadAllAsync();
        Assert.Equal([.. Enumerable.Range(1, 7).Select(static i => $"r{i}"), "gap spool_write_failed 13 exactly", "high"], Texts(sent));
        AssertDense(sent);
        Assert.Equal(13ul, _counters[Counter.LostSpoolWriteFailed]);
        spool.Acknowledge(spool.Range.Epoch, 5);

        await SomeSpool.UntilAsync(() => spool.Range.Acknowledged == 5);
        SpoolRange range = spool.Range;
        File.Delete(state);
        await SomeSpool.UntilAsync(() => _health[Ailment.SpoolFailing] is null && spool.Status.InMemory == 0);
        Assert.NotEqual(range.Epoch, spool.Range.Epoch);
        Assert.Equal(["r6", "r7", "gap spool_write_failed 13 exactly", "high"], Texts(await spool.ReadAllAsync()));
    }

    [Fact]
    public async Task A_spool_that_somebody_removes_is_begun_anew_and_the_loss_is_told()
    {
        using RecordSpool spool = Open();
        Append(spool, "a", "b");
        await spool.SettleAsync();
        File.Delete(_directory.File("spool.db"));
        Append(spool, "c");
        await SomeSpool.UntilAsync(() => File.Exists(_directory.File("spool.db")) && spool.Status.InMemory == 0);

        Assert.Equal(["c", "gap spool_corrupt 2 about"], Texts(await spool.ReadAllAsync()));
        Assert.Equal(2ul, _counters[Counter.LostSpoolCorrupt]);
    }

    private RecordSpool Open(long memory = 1024 * 1024) => SomeSpool.Open(_directory.Path, _counters, _health, memory: memory);

    private static void Append(RecordSpool spool, params string[] ids) => Array.ForEach(ids, id => spool.Append(SomeSpool.Alert(id)));

    private static IEnumerable<string> Ids(List<(ulong Sequence, V1.Record Record)> records) => records.Select(static each => each.Record.Alert.Id);

    internal static IEnumerable<string> Texts(List<(ulong Sequence, V1.Record Record)> records) => records.Select(static each => each.Record switch
    {
        { Gap: GapRecord gap } => $"gap {gap.Reason} {gap.Count} {(gap.CountIsExact ? "exactly" : "about")}",
        { Trail: AuditTrail trail } => $"trail {trail.What}",
        var record => record.Alert.Id,
    });

    private static void AssertDense(List<(ulong Sequence, V1.Record Record)> records)
    {
        for (int i = 1; i < records.Count; i++)
        {
            Assert.True(
                records[i].Sequence == records[i - 1].Sequence + 1 || (records[i].Record.Gap is GapRecord gap && gap.Count == records[i].Sequence - records[i - 1].Sequence),
                $"{records[i].Sequence} follows {records[i - 1].Sequence}");
        }
    }
}
