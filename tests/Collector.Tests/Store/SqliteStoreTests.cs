using Microsoft.Data.Sqlite;
using Tallyman.Collector.Store;
using Tallyman.Collector.Store.Sqlite;
using Xunit;
using static Tallyman.Collector.Tests.Messages;

namespace Tallyman.Collector.Tests.Store;

public sealed class SqliteStoreTests : StoreTests, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_directory_without_a_store_is_named()
    {
        StoreException e = Assert.Throws<StoreException>(() => SqliteReader.Open(_directory.Path));
        Assert.Equal($"{_directory.Path}/tallyman.db does not exist: has a collector run with --data {_directory.Path}?", e.Message);
    }

    [Fact]
    public void A_file_that_is_no_store_is_named()
    {
        File.WriteAllText(_directory.File("tallyman.db"), new string('x', 10_000));
        Assert.Contains("cannot be read", Assert.Throws<StoreException>(() => SqliteReader.Open(_directory.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be opened", Assert.Throws<StoreException>(() => SqliteStore.Open(_directory.Path, Clock, TimeSpan.FromDays(1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_of_the_version_before_is_taken_over()
    {
        await using (var old = new SqliteConnection($"Data Source={_directory.File("tallyman.db")};Pooling=False"))
        {
            await old.OpenAsync();
            await using SqliteCommand create = old.CreateCommand();
            create.CommandText = await File.ReadAllTextAsync(Repository.Path("tests/Collector.Tests/Store/sqlite-1.sql"));
            await create.ExecuteNonQueryAsync();
        }

        await using IStore store = await OpenAsync();
        Assert.Equal(["early", "late"], await StoredIdsAsync());
        Assert.Equal(8ul, (await store.ClaimAsync([new Claim("a", 2)]))[0].NextSequence);
        await StoreAsync(store, await ClaimAsync(store, "a", 2), 8, Alert("late"), Alert("new"), Gap());
        Assert.Equal(["early", "late", "new"], await StoredIdsAsync());
        Assert.Equal("2", await QueryAsync("SELECT count(*) FROM gaps"));
    }

    [Fact]
    public async Task A_store_without_places_is_given_them()
    {
        await using (IStore before = await OpenAsync())
        {
            await StoreAsync(before, await ClaimAsync(before, "a"), 1, Alert("first"), Alert("second"));
        }

        await QueryAsync("""
            CREATE TABLE old AS SELECT * FROM alerts;
            DROP TABLE alerts;
            DROP TABLE forwarders;
            ALTER TABLE old DROP COLUMN place;
            ALTER TABLE old RENAME TO alerts;
            CREATE INDEX alerts_by_time ON alerts (time);
            PRAGMA user_version = 2;
            """);
        await using IStore store = await OpenAsync();
        await StoreAsync(store, await ClaimAsync(store, "a"), 3, Alert("third"), Alert("second"));
        await using IOutbox outbox = await OwnAsync("x");
        Assert.Equal(["first", "second", "third"], (await outbox.ReadAsync(0, CancellationToken.None)).Select(static each => each.Stored.Alert.Id));
    }

    private protected override Task<IOutbox> OpenOutboxAsync(string name, DateTimeOffset since) =>
        Task.FromResult<IOutbox>(SqliteOutbox.Open(_directory.Path, name, since, Clock));

    private protected override Task<IStore> OpenAsync(int keepDays = 90) => Task.FromResult<IStore>(SqliteStore.Open(_directory.Path, Clock, TimeSpan.FromDays(keepDays)));

    private protected override Task<IStoreReader> OpenReaderAsync() => Task.FromResult<IStoreReader>(SqliteReader.Open(_directory.Path));

    private protected override async Task<string?> QueryAsync(string query)
    {
        await using var connection = new SqliteConnection($"Data Source={_directory.File("tallyman.db")};Pooling=False");
        await connection.OpenAsync();
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText = query;
        return (await command.ExecuteScalarAsync())?.ToString();
    }

    private protected override Task SetVersionAsync(int version) => QueryAsync($"PRAGMA user_version = {version}");
}
