using Tallyman.Collector.Store;
using Xunit;
using static Tallyman.Collector.Tests.Messages;

namespace Tallyman.Collector.Tests.Store;

public sealed class SqliteStoreTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Alerts_come_back_as_they_went_in_oldest_first()
    {
        await using SqliteStore store = SqliteStore.Open(_directory.Path, TimeProvider.System);
        await store.StoreAsync(new AgentBatch("a", 1, 1, [Alert("late", Time.AddHours(1)), Alert("early", Time)]));

        StoredAlert[] stored = [.. SqliteStore.ReadAlerts(_directory.Path, DateTimeOffset.UnixEpoch)];
        Assert.Equal(["early", "late"], stored.Select(static each => each.Alert.Id));
        Assert.Equal(Alert("early", Time).Alert, stored[0].Alert);
        Assert.Equal(["late"], SqliteStore.ReadAlerts(_directory.Path, Time.AddMinutes(1)).Select(static each => each.Alert.Id));
    }

    [Fact]
    public async Task The_place_to_go_on_never_goes_back()
    {
        await using SqliteStore store = SqliteStore.Open(_directory.Path, TimeProvider.System);
        await store.StoreAsync(new AgentBatch("a", 1, 5, [Alert("e")]));
        await store.StoreAsync(new AgentBatch("a", 1, 1, [Alert("a")]));
        Assert.Equal(6ul, await store.NextSequenceAsync("a", 1));
        Assert.Equal(0ul, await store.NextSequenceAsync("a", 2));
        Assert.Equal(0ul, await store.NextSequenceAsync("b", 1));
    }

    [Fact]
    public async Task The_largest_numbers_are_kept()
    {
        await using SqliteStore store = SqliteStore.Open(_directory.Path, TimeProvider.System);
        await store.StoreAsync(new AgentBatch("a", ulong.MaxValue, long.MaxValue - 1, [Alert("a")]));
        Assert.Equal(long.MaxValue, (long)await store.NextSequenceAsync("a", ulong.MaxValue));
    }

    [Fact]
    public void A_directory_without_a_store_is_named()
    {
        StoreException e = Assert.Throws<StoreException>(() => SqliteStore.ReadAlerts(_directory.Path, DateTimeOffset.UnixEpoch).ToArray());
        Assert.Equal($"{_directory.Path}/tallyman.db does not exist: has a collector run with --data {_directory.Path}?", e.Message);
    }

    [Fact]
    public void A_file_that_is_no_store_is_named()
    {
        File.WriteAllText(_directory.File("tallyman.db"), new string('x', 10_000));
        Assert.Contains("cannot be read", Assert.Throws<StoreException>(() => SqliteStore.ReadAlerts(_directory.Path, DateTimeOffset.UnixEpoch).ToArray()).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be opened", Assert.Throws<StoreException>(() => SqliteStore.Open(_directory.Path, TimeProvider.System)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_of_a_later_version_is_left_alone()
    {
        await using (SqliteStore store = SqliteStore.Open(_directory.Path, TimeProvider.System))
        {
            await store.NextSequenceAsync("a", 1);
        }

        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_directory.File("tallyman.db")};Pooling=False"))
        {
            connection.Open();
            using Microsoft.Data.Sqlite.SqliteCommand command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            command.ExecuteNonQuery();
        }

        Assert.Contains("has schema 99, this collector knows 1", Assert.Throws<StoreException>(() => SqliteStore.Open(_directory.Path, TimeProvider.System)).Message, StringComparison.Ordinal);
    }
}
