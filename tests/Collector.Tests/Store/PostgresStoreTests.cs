using Npgsql;
using Tallyman.Collector.Store;
using Tallyman.Collector.Store.Postgres;
using Xunit;
using static Tallyman.Collector.Tests.Messages;

namespace Tallyman.Collector.Tests.Store;

[Collection(nameof(PostgresFixture))]
public sealed class PostgresStoreTests(PostgresFixture postgres) : StoreTests
{
    private readonly string _database = postgres.Server.CreateDatabase();

    [Fact]
    public async Task Days_are_partitions_made_ahead_and_absurd_clocks_are_in_quarantine()
    {
        await using IStore store = await OpenAsync();
        Assert.Equal("alerts_20261122 alerts_20261123 alerts_20261124 alerts_20261125 alerts_quarantine", await PartitionsAsync());

        await StoreAsync(store, await ClaimAsync(store, "a"), 1, Alert("today"), Alert("past", Time.AddDays(-5)), Alert("never", Time.AddDays(5)));
        Assert.Contains("alerts_20261117", await PartitionsAsync(), StringComparison.Ordinal);
        Assert.Equal("never", await QueryAsync("SELECT string_agg(id, ' ') FROM alerts_quarantine"));

        Clock.Advance(TimeSpan.FromDays(88));
        await store.MaintainAsync();
        Assert.DoesNotContain("alerts_20261117", await PartitionsAsync(), StringComparison.Ordinal);
        Assert.Equal("never today", await QueryAsync("SELECT string_agg(id, ' ' ORDER BY id) FROM alerts"));
    }

    [Fact]
    public async Task What_it_does_not_take_for_what_is_in_it_is_told_from_what_it_never_takes()
    {
        await using IStore store = await OpenAsync();
        StreamPlace stream = await ClaimAsync(store, "a");
        await QueryAsync(
            """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'too large' USING ERRCODE = '22003'; END $$;
            CREATE TRIGGER large BEFORE INSERT ON alerts FOR EACH ROW WHEN (NEW.id = 'large') EXECUTE FUNCTION refuse();
            """);
        StoreException refused = await Assert.ThrowsAsync<StoreException>(() => StoreAsync(store, stream, 1, Alert("large")));
        Assert.Equal((false, true), (refused.MayPass, refused.IsOfTheData));

        await QueryAsync("ALTER TABLE alerts RENAME TO gone");
        refused = await Assert.ThrowsAsync<StoreException>(() => StoreAsync(store, stream, 1, Alert("a")));
        Assert.True(!refused.MayPass && !refused.IsOfTheData, refused.Message);
    }

    [Fact]
    public async Task A_partition_that_another_collector_takes_away_is_made_anew()
    {
        await using IStore store = await OpenAsync();
        StreamPlace stream = await ClaimAsync(store, "a");
        await StoreAsync(store, stream, 1, Alert("gone"));
        await QueryAsync("DROP TABLE alerts_20261122");
        Assert.True((await Assert.ThrowsAsync<StoreException>(() => StoreAsync(store, stream, 2, Alert("here")))).MayPass);
        await StoreAsync(store, stream, 2, Alert("here"));
        Assert.Equal(["here"], await StoredIdsAsync());
    }

    [Fact]
    public async Task Many_collectors_may_start_on_an_empty_database_at_once()
    {
        IStore[] stores = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => OpenAsync()));
        await Task.WhenAll(stores.Select(async (store, i) =>
        {
            StreamPlace stream = await ClaimAsync(store, $"agent{i}");
            for (ulong sequence = 1; sequence <= 20; sequence++)
            {
                // the same alerts everywhere, in another order, some of a day that nobody has made
                await StoreAsync(store, stream, sequence, [.. Enumerable.Range(0, 20).Select(each => Alert($"x{((each * ((2 * i) + 1)) + (int)sequence) % 20}", Time.AddDays(-each % 3)))]);
            }
        }));

        await using IStoreReader reader = await OpenReaderAsync();
        Assert.Equal("0", await QueryAsync("SELECT count(*) FROM (SELECT 1 FROM alerts GROUP BY day, id HAVING count(*) > 1) AS twice"));
        Assert.Equal(20, (await StoredIdsAsync()).Distinct().Count());
        foreach (IStore store in stores)
        {
            await store.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_password_is_in_no_message()
    {
        StoreException e = await Assert.ThrowsAsync<StoreException>(() => PostgresStore.OpenAsync("Host=127.0.0.1;Port=1;Database=d;Username=u;Password=hush", Clock, TimeSpan.FromDays(1)));
        Assert.Contains("PostgreSQL at 127.0.0.1, database d", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_string_that_is_none_is_refused() =>
        await Assert.ThrowsAsync<StoreException>(() => PostgresStore.OpenAsync("Hose=x", Clock, TimeSpan.FromDays(1)));

    [Fact]
    public async Task A_database_without_alerts_is_named() =>
        Assert.Contains("has a collector run with it?", (await Assert.ThrowsAsync<StoreException>(OpenReaderAsync)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_database_without_places_is_given_them()
    {
        await using (IStore before = await OpenAsync())
        {
            await StoreAsync(before, await ClaimAsync(before, "a"), 1, Alert("first"), Alert("second"));
        }

        await QueryAsync("ALTER TABLE alerts DROP COLUMN place; DROP SEQUENCE alerts_place; DROP TABLE forwarders; UPDATE tallyman_schema SET version = 1");
        await using IStore store = await OpenAsync();
        await StoreAsync(store, await ClaimAsync(store, "a"), 3, Alert("third"), Alert("second"), Alert("past", Time.AddDays(-9)));
        await using IOutbox outbox = await OwnAsync("x");
        Assert.Equal(["first", "past", "second", "third"], (await outbox.ReadAsync(0, CancellationToken.None)).Select(static each => each.Stored.Alert.Id).Order());
    }

    [Fact]
    public async Task What_is_committed_late_is_not_passed_by()
    {
        await using IStore store = await OpenAsync();
        await using var slow = NpgsqlDataSource.Create(_database);
        await using NpgsqlConnection connection = await slow.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await using NpgsqlCommand insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO alerts VALUES ('2026-11-22', 'slow', 'b', 1, 1, now(), now(), '', '', 0, 0, 0, '')";
        await insert.ExecuteNonQueryAsync();

        await StoreAsync(store, await ClaimAsync(store, "a"), 1, Alert("fast"));
        await using IOutbox outbox = await OwnAsync("x");
        Task<IReadOnlyList<PlacedAlert>> reading = outbox.ReadAsync(0, CancellationToken.None);
        for (int i = 0; i < 20; i++)
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10);
        }

        Assert.False(reading.IsCompleted);
        await transaction.CommitAsync();
        while (!reading.IsCompleted)
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10);
        }

        Assert.Equal(["b", "a"], (await reading).Select(static each => each.Stored.AgentId));
    }

    [Fact]
    public async Task Whoever_has_lost_the_connection_has_lost_the_outbox()
    {
        await using IStore store = await OpenAsync();
        await using IOutbox first = await OwnAsync("x");
        await first.LoadAsync();
        await QueryAsync("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'");
        await using IOutbox second = await OwnAsync("x");
        Assert.True((await Assert.ThrowsAsync<StoreException>(() => first.SaveAsync(new Progress(1, 1, 0, 0)))).MayPass);
        Assert.False(await first.TryOwnAsync());
    }

    private protected override async Task<IOutbox> OpenOutboxAsync(string name, DateTimeOffset since) =>
        await PostgresOutbox.OpenAsync(_database, name, since, Clock);

    private protected override async Task<IStore> OpenAsync(int keepDays = 90) => await PostgresStore.OpenAsync(_database, Clock, TimeSpan.FromDays(keepDays));

    private protected override async Task<IStoreReader> OpenReaderAsync() => await PostgresReader.OpenAsync(_database);

    private protected override Task<string?> QueryAsync(string query) => Task.FromResult<string?>(postgres.Server.Query(_database, query));

    private protected override Task SetVersionAsync(int version) => QueryAsync($"UPDATE tallyman_schema SET version = {version}");

    private Task<string?> PartitionsAsync() => QueryAsync(
        "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'alerts'::regclass");
}
