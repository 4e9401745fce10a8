using System.Globalization;
using Tallyman.Collector.Store;
using Tallyman.Collector.Store.Sqlite;
using Tallyman.Fleet;
using Xunit;

namespace Tallyman.Collector.Tests.Ingest;

public sealed class ReconnectStormTests
{
    [Fact]
    [Trait("Category", Faults.Category)]
    public async Task When_a_collector_is_killed_its_whole_fleet_comes_back_with_everything()
    {
        int agents = Faults.Rounds(200, 3000);
        var load = TimeSpan.FromSeconds(Faults.Rounds(2, 30));
        var options = new FleetOptions(Faults.Seed, agents, Bad: 0.02, Active: agents / 10, Batch: 10, Idle: TimeSpan.Zero, load);
        using var directory = new TemporaryDirectory();
        using var collector = new CollectorProcess("--data", directory.Path);
        var round = new Round(options, [collector], TimeProvider.System);
        Assert.True(await round.PlayAsync("SQLite", directory.File("truth"), () => Task.FromResult<IStoreReader>(SqliteReader.Open(directory.Path))), $"seed {Faults.Seed}");
        await using SqliteReader store = SqliteReader.Open(directory.Path);
        int stored = await store.ReadAlertsAsync(DateTimeOffset.UnixEpoch).CountAsync();
        Faults.Report(
            $"collector: kill -9 with {agents} agents, 2 % of which misbehave", 1, stored, "",
            string.Create(CultureInfo.InvariantCulture, $"all are back with everything after {round.Recovery.TotalSeconds:F0} s"));
    }
}
