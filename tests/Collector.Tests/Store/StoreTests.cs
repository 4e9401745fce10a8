using Tallyman.Collector.Ingest;
using Tallyman.Collector.Store;
using Tallyman.V1;
using Xunit;
using static Tallyman.Collector.Tests.Messages;

namespace Tallyman.Collector.Tests.Store;

/// <summary>What every store promises.</summary>
public abstract class StoreTests
{
    protected ManualClock Clock { get; } = new(Time);

    private protected abstract Task<IStore> OpenAsync(int keepDays = 90);

    private protected abstract Task<IStoreReader> OpenReaderAsync();

    private protected abstract Task<IOutbox> OpenOutboxAsync(string name, DateTimeOffset since);

    [Fact]
    public async Task Alerts_come_back_as_they_went_in_oldest_first()
    {
        await using IStore store = await OpenAsync();
        StreamPlace stream = await ClaimAsync(store, "a");
        await StoreAsync(store, stream, 1, Alert("late", Time.AddHours(1)), Alert("early", Time));

        await using IStoreReader reader = await OpenReaderAsync();
        List<StoredAlert> stored = await reader.ReadAlertsAsync(DateTimeOffset.UnixEpoch).ToListAsync();
        Assert.Equal([("early", 2ul), ("late", 1ul)], stored.Select(static each => (each.Alert.Id, each.Sequence)));
        Assert.Equal(Alert("early", Time).Alert, stored[0].Alert);
        Assert.Equal(["late"], (await reader.ReadAlertsAsync(Time.AddMinutes(1)).ToListAsync()).Select(static each => each.Alert.Id));
    }

    [Fact]
    public async Task An_agent_goes_on_after_what_is_stored_of_its_epoch()
    {
        await using IStore store = await OpenAsync();
        Assert.Equal(0ul, (await store.ClaimAsync([new Claim("a", ulong.MaxValue)]))[0].NextSequence);
        StreamPlace stream = await ClaimAsync(store, "a", ulong.MaxValue);
        await StoreAsync(store, stream, 5, Alert("e"));
        await StoreAsync(store, stream, 1, Alert("a"));
        Assert.Equal(6ul, (await store.ClaimAsync([new Claim("a", ulong.MaxValue)]))[0].NextSequence);
        Assert.Equal(0ul, (await store.ClaimAsync([new Claim("a", 2)]))[0].NextSequence);
        Assert.Equal(0ul, (await store.ClaimAsync([new Claim("b", ulong.MaxValue)]))[0].NextSequence);
    }

    [Fact]
    public async Task The_largest_numbers_are_kept()
    {
        await using IStore store = await OpenAsync();
        StreamPlace stream = await ClaimAsync(store, "a", ulong.MaxValue);
        await StoreAsync(store, stream, long.MaxValue - 1, Alert("a"));
        Assert.Equal(long.MaxValue, (long)(await store.ClaimAsync([new Claim("a", ulong.MaxValue)]))[0].NextSequence);
    }

    [Fact]
    public async Task Of_two_streams_of_an_agent_only_the_newest_may_write()
    {
        await using IStore store = await OpenAsync();
        StreamPlace older = await ClaimAsync(store, "a");
        StreamPlace newer = await ClaimAsync(store, "a");
        StreamPlace other = await ClaimAsync(store, "b");

        Assert.Equal(
            [false, true, true],
            await store.StoreAsync([Rows(older, 1, Alert("older")), Rows(newer, 1, Alert("newer")), Rows(other, 1, Alert("other"))]));
        Assert.Equal(["newer", "other"], await StoredIdsAsync());
        Assert.Equal([false, true], await store.SaveHostsAsync([Host(older), Host(other)]));
    }

    [Fact]
    public async Task Claims_of_one_agent_at_the_same_time_all_count()
    {
        await using IStore store = await OpenAsync();
        IReadOnlyList<Claimed> claimed = await store.ClaimAsync([new Claim("a", 1), new Claim("b", 1), new Claim("a", 1), new Claim("a", 2)]);
        Assert.True(claimed[0].Generation < claimed[2].Generation && claimed[2].Generation < claimed[3].Generation);
        Assert.Equal([true], await store.StoreAsync([Rows(new StreamPlace("a", 2, claimed[3].Generation), 1, Alert("x"))]));
        Assert.Equal([false], await store.StoreAsync([Rows(new StreamPlace("a", 1, claimed[2].Generation), 1, Alert("y"))]));
    }

    [Fact]
    public async Task What_is_stored_already_stays_as_it_is()
    {
        await using IStore store = await OpenAsync();
        await StoreAsync(store, await ClaimAsync(store, "a"), 1, Alert("one"), Alert("two"), Alert("one"), Gap(), Trail());
        await StoreAsync(store, await ClaimAsync(store, "b"), 7, Alert("two"), Alert("three"));
        await StoreAsync(store, await ClaimAsync(store, "a"), 1, Alert("one"), Alert("two"), Alert("one"), Gap(), Trail());

        await using IStoreReader reader = await OpenReaderAsync();
        List<StoredAlert> stored = await reader.ReadAlertsAsync(DateTimeOffset.UnixEpoch).ToListAsync();
        Assert.Equal([("one", 1ul), ("three", 8ul), ("two", 2ul)], stored.Select(static each => (each.Alert.Id, each.Sequence)).Order());
        Assert.Equal("1", await QueryAsync("SELECT count(*) FROM gaps WHERE reason = 'ring_full' AND count = 7 AND sequence = 4"));
        Assert.Equal("1", await QueryAsync("SELECT count(*) FROM audit_trail WHERE what = 'agent_start' AND sequence = 5"));
    }

    [Theory]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("1969-12-31T23:59:59Z")]
    [InlineData("1970-01-01T00:00:00Z")]
    [InlineData("2026-01-01T00:00:00Z")] // longer ago than alerts are kept
    [InlineData("2026-11-21T23:59:59Z")]
    [InlineData("2026-11-24T00:00:00Z")]
    [InlineData("2026-12-31T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59Z")]
    public async Task An_alert_of_any_time_is_stored_once(string time)
    {
        DateTimeOffset at = DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture);
        await using IStore store = await OpenAsync();
        await StoreAsync(store, await ClaimAsync(store, "a"), 1, Alert("x", at));
        await StoreAsync(store, await ClaimAsync(store, "b"), 1, Alert("x", at));

        await using IStoreReader reader = await OpenReaderAsync();
        StoredAlert stored = Assert.Single(await reader.ReadAlertsAsync(DateTimeOffset.MinValue).ToListAsync());
        Assert.Equal(at, stored.Alert.Time.ToDateTimeOffset());
    }

    [Fact]
    public async Task What_is_older_than_it_is_kept_is_taken_away_and_nothing_else()
    {
        await using IStore store = await OpenAsync(keepDays: 3);
        StreamPlace a = await ClaimAsync(store, "a");
        for (int day = 0; day < 6; day++)
        {
            await StoreAsync(store, a, (ulong)(day * 10) + 1, Alert($"day{day}", Clock.GetUtcNow()), Alert($"lost{day}", DateTimeOffset.UnixEpoch), Gap(), Trail());
            await store.SaveHostsAsync([Host(a) with { Seen = Clock.GetUtcNow() }]);
            Clock.Advance(TimeSpan.FromDays(1));
        }

        while (await store.MaintainAsync())
        {
        }

        // The oldest day that is kept is kept whole where days are partitions.
        List<string> left = await StoredIdsAsync();
        Assert.Equal(["day4", "day5", "lost4", "lost5"], left.Except(["day3", "lost3"]));
        Assert.Equal([true], await store.StoreAsync([Rows(a, 100, Alert("next", Clock.GetUtcNow()))]));
        Assert.Equal("1", await QueryAsync("SELECT count(*) FROM heartbeats"));
        Clock.Advance(TimeSpan.FromDays(10));
        while (await store.MaintainAsync())
        {
        }

        Assert.Equal("0 0 0 0", await QueryAsync(
            "SELECT (SELECT count(*) FROM alerts) || ' ' || (SELECT count(*) FROM gaps) || ' ' || (SELECT count(*) FROM heartbeats) || ' ' || (SELECT count(*) FROM agents)"));
    }

    [Fact]
    public async Task A_silent_host_is_found_once_and_until_it_comes_back()
    {
        await using IStore store = await OpenAsync();
        StreamPlace a = await ClaimAsync(store, "a");
        HostState silent = Host(a) with { Seen = Time };
        await store.SaveHostsAsync([silent]);
        Assert.Equal(["a"], await store.FindSilentAsync([silent], DateTimeOffset.UnixEpoch));
        Assert.Empty(await store.FindSilentAsync([silent], Time.AddHours(1)));

        await using IStoreReader reader = await OpenReaderAsync();
        Finding finding = Assert.Single(await reader.ReadFindingsAsync(DateTimeOffset.UnixEpoch).ToListAsync());
        Assert.Equal(new Finding("a", "host_silent", Time, null, 1, ""), finding);
        Assert.Equal(Time, Assert.Single(await reader.ReadHostsAsync().ToListAsync()).SilentSince);

        await store.SaveHostsAsync([silent with { Seen = Time.AddMinutes(5) }]);
        finding = Assert.Single(await reader.ReadFindingsAsync(DateTimeOffset.UnixEpoch).ToListAsync());
        Assert.Equal(Time.AddMinutes(5), finding.Until);
        Assert.Null(Assert.Single(await reader.ReadHostsAsync().ToListAsync()).SilentSince);
    }

    [Fact]
    public async Task A_host_that_went_to_another_collector_is_not_silent_here()
    {
        await using IStore store = await OpenAsync();
        StreamPlace here = await ClaimAsync(store, "a");
        StreamPlace elsewhere = await ClaimAsync(store, "a");
        await store.SaveHostsAsync([Host(elsewhere) with { Seen = Time }]);
        Assert.Empty(await store.FindSilentAsync([Host(here)], Time));
        Assert.Equal(["a"], await store.FindSilentAsync([], Time.AddSeconds(1)));
    }

    [Fact]
    public async Task Findings_are_counted_and_collectors_are_seen()
    {
        await using IStore store = await OpenAsync();
        var finding = new Finding("a", FindingKind.ProtocolError, Time, Time, 1, "first");
        await store.SaveFindingsAsync([finding, finding with { AgentId = "b" }]);
        await store.SaveFindingsAsync([finding with { Count = 2, Until = Time.AddSeconds(1), Detail = "second" }]);
        var collector = new CollectorState("c:1", Time, """{"streams":1}""");
        await store.SaveCollectorAsync(collector);
        await store.SaveCollectorAsync(collector with { Seen = Time.AddSeconds(1) });

        await using IStoreReader reader = await OpenReaderAsync();
        Assert.Equal(
            [finding with { Count = 2, Until = Time.AddSeconds(1), Detail = "second" }, finding with { AgentId = "b" }],
            await reader.ReadFindingsAsync(DateTimeOffset.UnixEpoch).ToListAsync());
        Assert.Equal([collector with { Seen = Time.AddSeconds(1) }], await reader.ReadCollectorsAsync().ToListAsync());
    }

    [Fact]
    public async Task Gaps_and_the_trail_come_back_as_they_went_in()
    {
        await using IStore store = await OpenAsync();
        await StoreAsync(store, await ClaimAsync(store, "a"), 1, Alert("one"), Gap(), Trail());
        await using IStoreReader reader = await OpenReaderAsync();
        StoredGap gap = Assert.Single(await reader.ReadGapsAsync(Time).ToListAsync());
        Assert.Equal(new StoredGap("a", new GapRow(2, "ring_full", 7, true, Time, Time.AddSeconds(1))), gap);
        Assert.Empty(await reader.ReadGapsAsync(Time.AddSeconds(2)).ToListAsync());
        Assert.Equal(new StoredTrail("a", new TrailRow(3, Time, "agent_start", "1.0")), Assert.Single(await reader.ReadTrailAsync(Time).ToListAsync()));
        Assert.Empty(await reader.ReadTrailAsync(Time.AddSeconds(1)).ToListAsync());
        StoredAlert alert = Assert.Single(await reader.ReadAlertsAsync(Time).ToListAsync());
        Assert.Equal(("a", 1ul, Clock.GetUtcNow()), (alert.AgentId, alert.Sequence, alert.Stored));
    }

    [Fact]
    public async Task An_outbox_has_the_order_of_storing_and_remembers_how_far_it_has_come()
    {
        await using IStore store = await OpenAsync();
        StreamPlace a = await ClaimAsync(store, "a");
        await StoreAsync(store, a, 1, Alert("late", Time.AddHours(1)));
        await StoreAsync(store, a, 2, Alert("early", Time), Alert("late", Time.AddHours(1)));
        await using (IOutbox outbox = await OwnAsync("x"))
        {
            Progress progress = await outbox.LoadAsync();
            Assert.Equal(new Progress(0, 0, 0, 0), progress);
            IReadOnlyList<PlacedAlert> next = await outbox.ReadAsync(progress.Place, CancellationToken.None);
            Assert.Equal([("late", "a", 1ul), ("early", "a", 2ul)], next.Select(static each => (each.Stored.Alert.Id, each.Stored.AgentId, each.Stored.Sequence)));
            progress = new Progress(next[0].Place, 5, 6, 0);
            Assert.Equal(progress, await outbox.SaveAsync(progress));
        }

        await using IOutbox again = await OwnAsync("x");
        Progress loaded = await again.LoadAsync();
        Assert.Equal((5, 6, 0), (loaded.Forwarded, loaded.Refused, loaded.Missed));
        Assert.Equal("early", Assert.Single(await again.ReadAsync(loaded.Place, CancellationToken.None)).Stored.Alert.Id);
        await using IOutbox other = await OwnAsync("y");
        Assert.Equal(2, (await other.ReadAsync((await other.LoadAsync()).Place, CancellationToken.None)).Count);

        await using IStoreReader reader = await OpenReaderAsync();
        Assert.Equal([("x", 5L, 1L), ("y", 0L, 2L)], await reader.ReadForwardersAsync().Select(static each => (each.Name, each.Progress.Forwarded, each.Waiting)).ToListAsync());
    }

    [Fact]
    public async Task A_new_destination_may_begin_later_and_an_old_one_goes_on()
    {
        await using IStore store = await OpenAsync();
        await StoreAsync(store, await ClaimAsync(store, "a"), 1, Alert("before"));
        Clock.Advance(TimeSpan.FromHours(1));
        DateTimeOffset now = Clock.GetUtcNow();
        await StoreAsync(store, await ClaimAsync(store, "a"), 2, Alert("after"));
        foreach (DateTimeOffset since in (DateTimeOffset[])[now, now.AddHours(1)])
        {
            await using IOutbox outbox = await OwnAsync("x", since);
            Assert.Equal("after", Assert.Single(await outbox.ReadAsync((await outbox.LoadAsync()).Place, CancellationToken.None)).Stored.Alert.Id);
        }

        await using IOutbox empty = await OwnAsync("y", now.AddHours(1));
        Assert.Empty(await empty.ReadAsync((await empty.LoadAsync()).Place, CancellationToken.None));
    }

    [Fact]
    public async Task An_outbox_belongs_to_one_at_a_time()
    {
        await using IStore store = await OpenAsync();
        await using IOutbox second = await OpenOutboxAsync("x", DateTimeOffset.UnixEpoch);
        await using (IOutbox first = await OwnAsync("x"))
        {
            Assert.False(await second.TryOwnAsync());
            Assert.False(await second.TryOwnAsync());
            Assert.True(await first.TryOwnAsync());
            await using IOutbox other = await OwnAsync("y");
        }

        Assert.True(await second.TryOwnAsync());
    }

    [Fact]
    public async Task No_more_is_read_at_once_than_there_is_room_for()
    {
        await using IStore store = await OpenAsync();
        StreamPlace a = await ClaimAsync(store, "a");
        await StoreAsync(store, a, 1, [.. Enumerable.Range(0, 300).Select(static i => Alert($"s{i}"))]);
        await StoreAsync(store, a, 301, [.. Enumerable.Range(0, 5).Select(static i => Alert($"l{i}", detail: new string('x', 200_000)))]);
        await using IOutbox outbox = await OwnAsync("x");
        await outbox.LoadAsync();
        var sizes = new List<int>();
        for (long place = 0; await outbox.ReadAsync(place, CancellationToken.None) is { Count: > 0 } next; place = next[^1].Place)
        {
            sizes.Add(next.Count);
        }

        Assert.Equal(305, sizes.Sum());
        Assert.Equal((200, 103, 2), (sizes[0], sizes[1], sizes[2]));
    }

    [Fact]
    public async Task What_is_taken_away_before_a_destination_has_it_is_counted_and_what_comes_next_is_not_missed()
    {
        await using IStore store = await OpenAsync(keepDays: 3);
        StreamPlace a = await ClaimAsync(store, "a");
        await StoreAsync(store, a, 1, Alert("one", Clock.GetUtcNow()), Alert("two", Clock.GetUtcNow()), Alert("lost", DateTimeOffset.UnixEpoch));
        await using IOutbox outbox = await OwnAsync("x");
        await outbox.LoadAsync();
        IReadOnlyList<PlacedAlert> next = await outbox.ReadAsync(0, CancellationToken.None);
        await outbox.SaveAsync(new Progress(next[0].Place, 1, 0, 0));

        Clock.Advance(TimeSpan.FromDays(10));
        while (await store.MaintainAsync())
        {
        }

        Progress progress = await outbox.LoadAsync();
        Assert.Equal((1, 2), (progress.Forwarded, progress.Missed));
        Assert.Empty(await outbox.ReadAsync(progress.Place, CancellationToken.None));
        await StoreAsync(store, await ClaimAsync(store, "a"), 4, Alert("new", Clock.GetUtcNow()));
        Assert.Equal("new", Assert.Single(await outbox.ReadAsync(progress.Place, CancellationToken.None)).Stored.Alert.Id);
    }

    [Fact]
    public async Task A_store_of_a_later_version_is_left_alone()
    {
        await using (await OpenAsync())
        {
        }

        await SetVersionAsync(99);
        Assert.Contains("has schema 99", (await Assert.ThrowsAsync<StoreException>(() => OpenAsync())).Message, StringComparison.Ordinal);
        Assert.Contains("has schema 99", (await Assert.ThrowsAsync<StoreException>(OpenReaderAsync)).Message, StringComparison.Ordinal);
    }

    private protected async Task<IOutbox> OwnAsync(string name, DateTimeOffset? since = null)
    {
        IOutbox outbox = await OpenOutboxAsync(name, since ?? DateTimeOffset.UnixEpoch);
        Assert.True(await outbox.TryOwnAsync());
        return outbox;
    }

    private protected abstract Task<string?> QueryAsync(string query);

    private protected abstract Task SetVersionAsync(int version);

    private protected static async Task<StreamPlace> ClaimAsync(IStore store, string agent, ulong epoch = 1) =>
        new(agent, epoch, (await store.ClaimAsync([new Claim(agent, epoch)]))[0].Generation);

    private protected static AgentBatch Rows(StreamPlace stream, ulong first, params V1.Record[] records)
    {
        var refused = new List<Nack>();
        AgentBatch rows = BatchReader.Read(stream, Batch(first, records).Batch, first, refused);
        Assert.Empty(refused);
        return rows;
    }

    private protected static async Task StoreAsync(IStore store, StreamPlace stream, ulong first, params V1.Record[] records) =>
        Assert.Equal([true], await store.StoreAsync([Rows(stream, first, records)]));

    private protected async Task<List<string>> StoredIdsAsync()
    {
        await using IStoreReader reader = await OpenReaderAsync();
        return await reader.ReadAlertsAsync(DateTimeOffset.UnixEpoch).Select(static stored => stored.Alert.Id).Order().ToListAsync();
    }

    private static HostState Host(StreamPlace stream) => new(stream, "host", "1", Time, "{}");
}
