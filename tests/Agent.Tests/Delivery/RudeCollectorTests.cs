using System.Diagnostics;
using System.Globalization;
using Tallyman.Agent.Status;
using Tallyman.Agent.Tests.Spool;
using Xunit;
using Process = System.Diagnostics.Process;

namespace Tallyman.Agent.Tests.Delivery;

/// <summary>Collectors that do what none does: no record goes, and a real one in the same place gets them all, once and in order.</summary>
[Trait("Category", Faults.Category)]
public sealed class RudeCollectorTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("acknowledges what is older")]
    [InlineData("acknowledges what was never sent")]
    [InlineData("refuses what was never sent")]
    [InlineData("acknowledges before it greets")]
    [InlineData("ends the stream at once")]
    [InlineData("ends the stream after a batch")]
    [InlineData("sends away at once")]
    [InlineData("sends empty frames")]
    [InlineData("greets twice")]
    [InlineData("never answers")]
    [InlineData("announces 100 MB")]
    [InlineData("sends 100 MB")]
    [InlineData("sends garbage")]
    [InlineData("sends a frame of garbage")]
    [InlineData("stops in the middle of a frame")]
    [InlineData("sends garbage without HTTP")]
    [InlineData("resets the connection")]
    public async Task Nothing_that_it_does_removes_a_record(string way)
    {
        int calls = Faults.Rounds(2, 6);
        Uri address;
        await using RunningDelivery delivery = Rude(way, out Process rude, out address);
        delivery.Append(50);
        await delivery.StartAsync();
        bool greetsOnly = way is "acknowledges what is older"; // the stream stays open
        for (int i = 0; i < (greetsOnly ? 1 : calls); i++)
        {
            Assert.Equal("call", await rude.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2)));
        }

        Assert.Equal((50, 0ul, 0ul), (delivery.Spool.Status.Records, delivery.Counters[Counter.Acknowledged], delivery.Counters[Counter.LostNacked]));
        if (!greetsOnly && way != "sends away at once")
        {
            await SomeSpool.UntilAsync(() => delivery.Health[Ailment.CollectorAway] is not null);
        }

        if (way is "acknowledges what was never sent" or "refuses what was never sent" or "announces 100 MB" or "sends a frame of garbage")
        {
            Assert.NotEqual(0ul, delivery.Counters[Counter.CollectorErrors]);
        }

        rude.Kill();
        await rude.WaitForExitAsync();
        rude.Dispose();
        using var collector = new CollectorProcess(address, "--data", _directory.File("data"));
        await delivery.DeliverAsync();
        int stored = StoredRecords.Read(_directory.File("data")).AssertInOrder(50, RunningDelivery.NumberOf);
        Faults.Report($"collector: {way}", calls, stored, "", "no record goes; a right one gets all");
    }

    [Fact]
    public async Task One_that_is_slow_has_the_spool_wait_and_not_memory_and_keeps_its_stream()
    {
        int milliseconds = Faults.Rounds(100, 35_000); // longer than a silent peer is given
        using Process server = Process.Start(new ProcessStartInfo("node", [Repository.Path("tests/interop/server.js"), "serve"]) { RedirectStandardOutput = true })!;
        var address = new Uri($"http://127.0.0.1:{await server.StandardOutput.ReadLineAsync()}");
        await using var delivery = new RunningDelivery(RunningDelivery.Options(_directory.File("state")), [address], agentId: $"slow:{milliseconds}");
        await delivery.StartAsync();
        delivery.Append(1);
        await SomeSpool.UntilAsync(() => delivery.Counters[Counter.Acknowledged] == 1);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        delivery.Append(1500, bytes: 2000); // three batches, each all that may be under way
        await delivery.Spool.SettleAsync();
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 8 * 1024 * 1024);
        await SomeSpool.UntilAsync(() => delivery.Counters[Counter.Acknowledged] > 1);
        await delivery.DeliverAsync();
        Assert.Null(delivery.Health[Ailment.CollectorAway]);
        Assert.Equal(1, delivery.Streams);
        server.Kill();
        Faults.Report(string.Create(CultureInfo.InvariantCulture, $"collector: acknowledges after {milliseconds / 1000.0} s"), 1, delivery.Appended, "", "one batch under way, the rest on disk, one stream");
    }

    private RunningDelivery Rude(string way, out Process rude, out Uri address)
    {
        rude = Process.Start(new ProcessStartInfo("node", [Repository.Path("tests/interop/rude.js"), way]) { RedirectStandardOutput = true })!;
        address = new Uri($"http://127.0.0.1:{rude.StandardOutput.ReadLine()}");
        return new RunningDelivery(RunningDelivery.Options(_directory.File("state")), [address], time: new TimeInHaste());
    }
}
