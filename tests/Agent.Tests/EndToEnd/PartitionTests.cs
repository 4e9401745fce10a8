using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>A network that swallows everything, or that is cut: nothing is lost, nothing comes twice.</summary>
[Trait("Category", Faults.Category)]
public sealed class PartitionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _docker;
    private Network? _network;
    private RunningAgent? _running;

    public PartitionTests()
    {
        _docker = _directory.File("docker");
        File.Copy("/bin/true", _docker);
    }

    public void Dispose()
    {
        _running?.Dispose();
        _network?.Dispose();
        _directory.Dispose();
    }

    [NetworkFact]
    public void A_short_cut_is_not_noticed_by_anybody()
    {
        Start();
        int rounds = Faults.Rounds(1, 5);
        for (int round = 0; round < rounds; round++)
        {
            using var storm = new Storm(_docker, $"cut-{round}", 200);
            _network!.Cut();
            Task.Delay(TimeSpan.FromSeconds(2)).GetAwaiter().GetResult();
            _network.Mend();
            storm.Wait();
        }

        int stored = Check(Enumerable.Range(0, rounds).Select(static round => ($"cut-{round}", 200)));
        Assert.DoesNotContain("No collector is reached", _running!.Messages, StringComparison.Ordinal);
        Faults.Report("network: link cut for 2 s under load", rounds, stored, "", "the stream holds");
    }

    [NetworkTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_black_hole_is_noticed_and_when_it_is_gone_everything_is_delivered(bool isSilent)
    {
        Start();
        int rounds = Faults.Rounds(1, 2);
        double noticed = 0;
        double back = 0;
        for (int round = 0; round < rounds; round++)
        {
            (int before, int connected) = (Count("No collector is reached"), Count("Connected to the collector"));
            var watch = Stopwatch.StartNew();
            Break();
            using var storm = new Storm(_docker, $"hole-{round}", 300);
            if (Faults.AreMany)
            {
                _running!.Until(() => Count("No collector is reached") > before, "the agent notices");
                noticed = Math.Max(noticed, watch.Elapsed.TotalSeconds);
                Assert.True(noticed < 60, $"noticed after {noticed} s");
                watch.Restart();
                Heal();
                _running.Until(() => Count("Connected to the collector") > connected, "the agent is back");
                back = Math.Max(back, watch.Elapsed.TotalSeconds);
                _running.Deliver();
            }
            else
            {
                storm.Wait();
                Heal();
            }

            storm.Wait();
        }

        int stored = Check(Enumerable.Range(0, rounds).Select(static round => ($"hole-{round}", 300)));
        Faults.Report(
            isSilent ? "network: black hole (a router drops everything)" : "network: the collector's side of the link is down", rounds, stored, "",
            Faults.AreMany ? string.Create(CultureInfo.InvariantCulture, $"noticed after {noticed:F0} s, back {back:F0} s after it is healed, at most") : "delivered");

        void Break() => (isSilent ? (Action)_network!.DropEverything : _network!.Cut)();
        void Heal() => (isSilent ? (Action)_network!.Forward : _network!.Mend)();
    }

    private void Start()
    {
        _network = new Network();
        _running = RunningAgent.Start(new RunningAgentOptions(_directory.File("data"))
        {
            Address = new Uri($"http://{Network.Collector}:7610"),
            Arguments = ["--insecure"],
            CollectorArguments = ["--insecure"],
            Within = _network.WithinAgent,
            CollectorWithin = _network.WithinCollector,
        });
        _running.Until(() => Count("Connected to the collector") > 0, "the agent is connected");
    }

    private int Count(string message) => _running!.Messages.Split(message).Length - 1;

    private int Check(IEnumerable<(string Mark, int Count)> storms)
    {
        _running!.Deliver();
        Assert.Equal(0, _running.Stop());
        _running.AssertEverythingIsAccountedFor();
        List<StoredRecord> records = StoredRecords.Read(_running.Data);
        return storms.Sum(storm => records.AssertInOrder(storm.Count, alert => Storm.NumberOf(alert, storm.Mark)));
    }
}
