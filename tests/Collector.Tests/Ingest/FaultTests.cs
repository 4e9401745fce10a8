using Tallyman.Collector.Ingest;
using Tallyman.Collector.Store;
using Tallyman.Grpc;
using Tallyman.V1;
using Xunit;
using static Tallyman.Collector.Tests.Messages;

namespace Tallyman.Collector.Tests.Ingest;

/// <summary>The store is slow or away: agents wait, nothing is acknowledged, nothing grows, nobody is thrown out.</summary>
public sealed class FaultTests
{
    [Fact]
    [Trait("Category", Faults.Category)]
    public async Task PostgreSQL_stops_or_is_killed_under_load_and_comes_back()
    {
        int rounds = Faults.Rounds(3, 50);
        using var postgres = new PostgresServer();
        string database = postgres.CreateDatabase();
        await using CollectorFixture collector = await CollectorFixture.StartAsync(database);
        using var stop = new CancellationTokenSource();
        SteadyAgent[] agents = [.. Enumerable.Range(0, 20).Select(i => new SteadyAgent($"agent{i}", () => collector.Address))];
        Task[] running = [.. agents.Select(agent => agent.RunAsync(stop.Token))];

        for (int round = 0; round < rounds; round++)
        {
            await AllGoOnAsync(agents);
            (round % 2 == 0 ? (Action)postgres.Stop : postgres.Kill)();
            ulong[] before = [.. agents.Select(static agent => agent.Acknowledged)];
            await Task.Delay(TimeSpan.FromSeconds(1));
            // One batch each may have been committed before the end and acknowledged after it.
            Assert.All(agents.Zip(before), static pair => Assert.InRange(pair.First.Acknowledged, pair.Second, pair.Second + SteadyAgent.BatchSize));
            postgres.Start();
        }

        await AllGoOnAsync(agents);
        Assert.All(agents, static agent => Assert.Equal(1, agent.Streams)); // the streams held all the while
        await stop.CancelAsync();
        await Task.WhenAll(running);
        int stored = await AssertTruthAsync(agents, collector.StoredAsync);
        Faults.Report("PostgreSQL: stopped and kill -9 in turn under load of 20 agents", rounds, stored, "", "streams hold, nothing is acknowledged that is not stored");
    }

    [Theory]
    [Trait("Category", Faults.Category)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_collector_that_is_killed_at_any_moment_loses_nothing_and_stores_nothing_twice(bool isPostgres)
    {
        int rounds = Faults.Rounds(5, 200);
        var random = new Random(Faults.Seed);
        using var directory = new TemporaryDirectory();
        using PostgresServer? postgres = isPostgres ? new PostgresServer() : null;
        string[] store = postgres is null ? ["--data", directory.Path] : ["--postgres", postgres.CreateDatabase()];
        using var collector = new CollectorProcess(store);
        using var stop = new CancellationTokenSource();
        SteadyAgent[] agents = [.. Enumerable.Range(0, 8).Select(i => new SteadyAgent($"agent{i}", () => collector.Address))];
        Task[] running = [.. agents.Select(agent => agent.RunAsync(stop.Token))];
        for (int round = 0; round < rounds; round++)
        {
            await AllGoOnAsync(agents);
            await Task.Delay(random.Next(50));
            collector.Restart();
        }

        await AllGoOnAsync(agents);
        await stop.CancelAsync();
        await Task.WhenAll(running);
        int stored = await AssertTruthAsync(agents, async () =>
        {
            await using IStoreReader reader = postgres is null
                ? Collector.Store.Sqlite.SqliteReader.Open(directory.Path)
                : await Collector.Store.Postgres.PostgresReader.OpenAsync(store[1]);
            return await reader.ReadAlertsAsync(DateTimeOffset.UnixEpoch).ToListAsync();
        });
        Faults.Report($"collector: kill -9 at random moments between receiving, committing and acknowledging, {(isPostgres ? "PostgreSQL" : "SQLite")}", rounds, stored, "", "all that was acknowledged is stored, nothing twice");
    }

    [Fact]
    public async Task While_the_store_is_slow_agents_are_told_and_what_waits_is_bounded()
    {
        StuckStore? stuck = null;
        await using CollectorFixture collector = await CollectorFixture.StartAsync(wrap: store => stuck = new StuckStore(store));
        var big = new string('x', 3_500_000);
        List<(GrpcChannel Channel, GrpcCall<AgentFrame, CollectorFrame> Call)> greedy = [];
        for (int i = 0; i < 50; i++)
        {
            GrpcChannel channel = collector.Channel();
            GrpcCall<AgentFrame, CollectorFrame> call = CollectorFixture.Open(channel);
            await call.WriteAsync(Hello($"greedy{i}"));
            Assert.NotNull((await call.ReadAsync())!.Welcome);
            greedy.Add((channel, call));
        }

        Task<bool>[] writing = [.. greedy.Select((pair, i) => pair.Call.WriteAsync(Batch(1, Alert($"greedy{i}", detail: big))).AsTask())];
        using GrpcChannel modestChannel = collector.Channel();
        using GrpcCall<AgentFrame, CollectorFrame> modest = CollectorFixture.Open(modestChannel);
        await modest.WriteAsync(Hello("modest"));
        Assert.NotNull((await modest.ReadAsync())!.Welcome);
        await modest.WriteAsync(Batch(1, Alert("modest")));

        Assert.NotNull((await modest.ReadAsync())!.Slow);
        Assert.True((await greedy[^1].Call.ReadAsync())!.Slow is not null, "also who is not yet read from is told");
        Assert.InRange(collector.Service<StoreQueue>().BytesTaken, 30L * big.Length, 32L * GrpcFrame.DefaultMessageLimit);

        stuck!.Release();
        Assert.Equal(1ul, (await modest.ReadAsync())!.Ack.UptoSeq);
        foreach ((GrpcChannel channel, GrpcCall<AgentFrame, CollectorFrame> call) in greedy)
        {
            CollectorFrame? frame;
            while ((frame = await call.ReadAsync())?.Slow is not null)
            {
            }

            Assert.Equal(1ul, frame!.Ack.UptoSeq);
            call.Dispose();
            channel.Dispose();
        }

        await Task.WhenAll(writing);
        Assert.Equal(51, (await collector.StoredAsync()).Count);
        Assert.Equal(0, collector.Service<StoreQueue>().BytesTaken);
    }

    [Fact]
    public async Task Two_collectors_on_one_database_share_the_agents()
    {
        using var postgres = new PostgresServer();
        string database = postgres.CreateDatabase();
        await using CollectorFixture one = await CollectorFixture.StartAsync(database);
        await using CollectorFixture two = await CollectorFixture.StartAsync(database);
        using GrpcChannel toOne = one.Channel();
        using GrpcChannel toTwo = two.Channel();
        using GrpcCall<AgentFrame, CollectorFrame> older = CollectorFixture.Open(toOne);
        await older.WriteAsync(Hello());
        Assert.Equal(1ul, (await older.ReadAsync())!.Welcome.ResumeSeq);
        await older.WriteAsync(Batch(1, Alert("a")));
        Assert.Equal(1ul, (await older.ReadAsync())!.Ack.UptoSeq);

        using GrpcCall<AgentFrame, CollectorFrame> newer = CollectorFixture.Open(toTwo);
        await newer.WriteAsync(Hello(first: 1, next: 3));
        Assert.Equal(2ul, (await newer.ReadAsync())!.Welcome.ResumeSeq);
        await older.WriteAsync(Batch(2, Alert("late")));
        Assert.Null(await older.ReadAsync());
        Assert.Equal(StatusCode.Aborted, older.Status!.Value.Code);
        await newer.WriteAsync(Batch(2, Alert("b")));
        Assert.Equal(2ul, (await newer.ReadAsync())!.Ack.UptoSeq);
        Assert.Equal(["a", "b"], (await one.StoredAsync()).Select(static stored => stored.Alert.Id).Order());
    }

    /// <summary>Until everybody has had some more acknowledged.</summary>
    private static async Task AllGoOnAsync(SteadyAgent[] agents)
    {
        ulong[] before = [.. agents.Select(static agent => agent.Acknowledged)];
        while (agents.Zip(before).Any(static pair => pair.First.Acknowledged < pair.Second + (2 * SteadyAgent.BatchSize)))
        {
            await Task.Delay(5);
        }
    }

    /// <returns>How many are stored.</returns>
    private static async Task<int> AssertTruthAsync(SteadyAgent[] agents, Func<Task<List<StoredAlert>>> read)
    {
        List<StoredAlert> stored = await read();
        HashSet<string> ids = [.. stored.Select(static each => each.Alert.Id)];
        Assert.Equal(stored.Count, ids.Count);
        foreach (SteadyAgent agent in agents)
        {
            Assert.True(agent.Acknowledged > 0);
            Assert.Empty(agent.Ids(1, agent.Acknowledged).Except(ids));
            ids.ExceptWith(agent.Ids(1, agent.Sent));
        }

        Assert.Empty(ids);
        return stored.Count;
    }
}
