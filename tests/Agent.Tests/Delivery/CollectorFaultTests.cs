using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;
using Tallyman.Agent.Tests.Spool;
using Tallyman.V1;
using Xunit;

namespace Tallyman.Agent.Tests.Delivery;

/// <summary>What may become of a collector: away for long, restored from a backup, one of several.</summary>
[Trait("Category", Faults.Category)]
public sealed class CollectorFaultTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private string Data => _directory.File("data");

    private string State => _directory.File("state");

    [Fact]
    public async Task While_it_is_away_for_long_the_oldest_low_ones_go_and_are_counted_exactly()
    {
        Uri address = CollectorProcess.FreeAddress("http");
        await using var delivery = new RunningDelivery(RunningDelivery.Options(State), [address], time: new TimeInHaste());
        await delivery.StartAsync();
        int rounds = Faults.Rounds(100, 400);
        for (int i = 0; i < rounds; i++)
        {
            delivery.Append(50, bytes: 2000, static number => number % 20 == 0 ? Severity.Critical : number % 5 == 0 ? Severity.High : Severity.Medium);
            await delivery.Spool.SettleAsync();
        }

        Assert.NotNull(delivery.Health[Ailment.CollectorAway]);
        ulong evicted = delivery.Counters[Counter.LostSpoolEvicted];
        Assert.True(evicted > 0);
        using var collector = new CollectorProcess(address, "--data", Data);
        await delivery.DeliverAsync();
        List<StoredRecord> records = StoredRecords.Read(Data);
        int stored = records.AssertInOrder(delivery.Appended, RunningDelivery.NumberOf, Gaps.Evicted);
        Assert.Equal((evicted, evicted), ((ulong)(delivery.Appended - stored), records.Gaps().Aggregate(0ul, static (sum, gap) => sum + gap.Count)));
        if (rounds == 100)
        {
            Assert.Equal(delivery.Appended / 20, records.Count(static record => record.Alert?.Scores.Severity == Severity.Critical));
        }

        Faults.Report($"collector: away until the spool is full {delivery.Appended * 2000 / SomeSpool.Size} times over", 1, stored, Faults.Lost(records.Gaps()), "drains in order, CRITICAL ones go last");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Restored_from_a_backup_it_is_sent_again_what_is_kept_and_told_of_the_rest(bool keepsLittle)
    {
        int rounds = Faults.Rounds(1, 20);
        using var collector = new CollectorProcess("--data", Data);
        SpoolOptions options = RunningDelivery.Options(State) with { KeepBytes = keepsLittle ? 100_000 : 2_000_000 };
        await using var delivery = new RunningDelivery(options, [collector.Address], time: new TimeInHaste());
        await delivery.StartAsync();
        for (int round = 0; round < rounds; round++)
        {
            delivery.Append(100, bytes: 1000);
            await delivery.DeliverAsync();
            Assert.Equal(0, collector.Stop());
            string backup = _directory.File($"backup{round}");
            File.Copy(Path.Combine(Data, "tallyman.db"), backup);
            collector.StartAgain();
            for (int i = 0; i < 20; i++)
            {
                delivery.Append(20, bytes: 1000);
                await delivery.DeliverAsync();
            }

            collector.Kill();
            foreach (string file in Directory.GetFiles(Data, "tallyman.db*"))
            {
                File.Delete(file);
            }

            File.Copy(backup, Path.Combine(Data, "tallyman.db"));
            delivery.Append(1);
            collector.StartAgain();
            await delivery.DeliverAsync();
        }

        List<StoredRecord> records = StoredRecords.Read(Data);
        int stored = records.AssertInOrder(delivery.Appended, RunningDelivery.NumberOf, Gaps.Rewound);
        ulong told = records.Gaps().Aggregate(0ul, static (sum, gap) => sum + gap.Count);
        Assert.Equal((ulong)(delivery.Appended - stored), told);
        Assert.Equal(keepsLittle, told > 0);
        Faults.Report($"collector: its store is restored from a backup, the agent keeps {options.KeepBytes / 1000} kB", rounds, stored, Faults.Lost(records.Gaps()), keepsLittle ? "sent again as far as it is kept" : "everything is sent again");
    }

    [Fact]
    public async Task Whatever_the_clock_says_everything_is_delivered_once_and_in_order()
    {
        double[] days = [1, -1, 3650, -3650, 0];
        int rounds = Faults.Rounds(5, 100);
        var random = new Random(Faults.Seed);
        var time = new TimeThatJumps();
        using var collector = new CollectorProcess("--data", Data);
        int first = 0;
        for (int round = 0; round < rounds; round++)
        {
            await using var delivery = new RunningDelivery(RunningDelivery.Options(State), [collector.Address], time: time) { First = first };
            await delivery.StartAsync();
            delivery.Append(random.Next(30));
            time.Ahead = TimeSpan.FromDays(days[round % days.Length]);
            delivery.Append(random.Next(30));
            await delivery.DeliverAsync();
            Assert.Empty(delivery.Health.Ailments());
            first += delivery.Appended;
        }

        List<StoredRecord> records = StoredRecords.Read(Data);
        int stored = records.AssertInOrder(first, RunningDelivery.NumberOf);
        Assert.Empty(records.Gaps());
        Faults.Report("clock: set a day and ten years ahead and back under load, and across restarts", rounds, stored, "", "order and delivery do not heed it");
    }

    [Fact]
    public async Task Killed_over_and_over_where_there_are_two_on_one_store_the_other_takes_over()
    {
        int rounds = Faults.Rounds(2, 30);
        using var postgres = new PostgresServer();
        string database = postgres.CreateDatabase();
        using var one = new CollectorProcess("--postgres", database);
        using var other = new CollectorProcess("--postgres", database);
        await using var delivery = new RunningDelivery(RunningDelivery.Options(State), [one.Address, other.Address], time: new TimeInHaste());
        await delivery.StartAsync();
        for (int round = 0; round < rounds; round++)
        {
            delivery.Append(50);
            CollectorProcess down = round % 2 == 0 ? one : other;
            down.Kill();
            delivery.Append(50);
            await delivery.DeliverAsync();
            down.StartAgain();
        }

        Assert.Equal($"{delivery.Appended}|{delivery.Appended}", postgres.Query(database, "SELECT count(*), count(DISTINCT id) FROM alerts"));
        Assert.Equal("0", postgres.Query(database, "SELECT count(*) FROM (SELECT id::int - lag(id::int) OVER (ORDER BY epoch, sequence) AS step FROM alerts) AS steps WHERE step <> 1"));
        Assert.Equal("0", postgres.Query(database, "SELECT count(*) FROM gaps"));
        Faults.Report("collector: two on one PostgreSQL, killed in turn", rounds, delivery.Appended, "", "the other takes over");
    }
}
