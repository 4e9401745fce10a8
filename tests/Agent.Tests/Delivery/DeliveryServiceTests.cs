using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Tallyman.Agent.Delivery;
using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;
using Tallyman.Agent.Tests.Spool;
using Tallyman.V1;
using Xunit;
using Process = System.Diagnostics.Process;

namespace Tallyman.Agent.Tests.Delivery;

/// <summary>Delivery to a collector made with @grpc/grpc-js.</summary>
public sealed class DeliveryServiceTests : IDisposable
{
    private readonly Counters _counters = new();
    private readonly Health _health = new();
    private readonly TemporaryDirectory _directory = new();
    private readonly RecordSpool _spool;
    private Process? _server;

    public DeliveryServiceTests() => _spool = SomeSpool.Open(_directory.Path, _counters, _health);

    public void Dispose()
    {
        _spool.Dispose();
        _directory.Dispose();
        _server?.Kill();
        _server?.Dispose();
    }

    [Fact]
    public async Task What_is_appended_is_acknowledged_and_forgotten()
    {
        using DeliveryService delivery = Deliver("echo");
        await delivery.StartAsync(default);
        Append(1000);
        await SomeSpool.UntilAsync(() => _counters[Counter.Acknowledged] == 1000);
        Append(1);
        await delivery.StopAsync(default);

        Assert.Equal((1001ul, 1002ul), (_spool.Range.Acknowledged, _spool.Range.Next));
        Assert.Matches("^ended after [0-9]+ batches$", await _server!.StandardOutput.ReadLineAsync());
    }

    [Theory]
    [InlineData("fail:16")]
    [InlineData("fail:7")]
    [InlineData("fail:8")]
    [InlineData("many:3")] // acknowledges what was never sent, without a greeting
    public async Task Nothing_but_an_acknowledgement_removes_a_record(string scenario)
    {
        Append(3);
        using DeliveryService delivery = Deliver(scenario);
        await delivery.StartAsync(default);
        await Task.Delay(1500);
        await delivery.StopAsync(default);

        Assert.Equal((1ul, 0ul, 4ul, 3L), (_spool.Range.First, _spool.Range.Acknowledged, _spool.Range.Next, _spool.Status.Records));
        Assert.Equal(0ul, _counters[Counter.Acknowledged]);
    }

    [Fact]
    public async Task Records_outlive_a_collector_that_is_away()
    {
        using DeliveryService delivery = Deliver("echo");
        await delivery.StartAsync(default);
        Append(1);
        await SomeSpool.UntilAsync(() => _counters[Counter.Acknowledged] == 1);
        int port = Port;
        _server!.Kill();
        _server.Dispose();
        Append(5);
        await Task.Delay(500);
        StartServer(port);
        await SomeSpool.UntilAsync(() => _counters[Counter.Acknowledged] == 6);
        await delivery.StopAsync(default);
    }

    [Fact]
    public async Task A_collector_that_has_lost_its_store_is_sent_again_what_is_still_here()
    {
        Append(3);
        using DeliveryService delivery = Deliver("store");
        await delivery.StartAsync(default);
        await SomeSpool.UntilAsync(() => _counters[Counter.Acknowledged] == 3);
        _server!.Kill();
        _server.Dispose();
        StartServer(Port);
        Append(1);
        await SomeSpool.UntilAsync(() => _counters[Counter.Acknowledged] == 4);
        await delivery.StopAsync(default);
        Assert.Equal(["1 alert alert alert alert"], await StoredAsync(4));
    }

    [Fact]
    public async Task A_collector_that_knows_what_was_never_sent_gets_everything_under_new_names()
    {
        Append(3);
        ulong epoch = _spool.Range.Epoch;
        using DeliveryService delivery = Deliver("knows:2");
        await delivery.StartAsync(default);
        await SomeSpool.UntilAsync(() => _counters[Counter.Acknowledged] == 3);
        await delivery.StopAsync(default);
        Assert.NotEqual(epoch, _spool.Range.Epoch);
        Assert.Equal(["1 alert alert alert"], await StoredAsync(3));
    }

    [Fact]
    public async Task A_gap_in_the_middle_stands_for_its_places()
    {
        using DeliveryService delivery = Deliver("store");
        for (int i = 0; i < 1500; i++)
        {
            _spool.Append(SomeSpool.Alert($"r{i}", i is 0 or 100 ? Severity.Critical : Severity.Medium, bytes: 5000));
            if (i % 50 == 0)
            {
                await _spool.SettleAsync();
            }
        }

        await _spool.SettleAsync();
        await delivery.StartAsync(default);
        await SomeSpool.UntilAsync(() => _spool.Status.Records == 0);
        await delivery.StopAsync(default);
        string[] stored = await StoredAsync(5);
        Assert.Equal(["1 alert", "100 spool_evicted alert"], stored.Take(2));
        Assert.Matches("^[0-9]+ spool_evicted alert ", stored[2]);
    }

    [Fact]
    public async Task What_is_refused_is_counted_and_the_rest_goes_on()
    {
        Append(3);
        using DeliveryService delivery = Deliver("refuses:2");
        await delivery.StartAsync(default);
        await SomeSpool.UntilAsync(() => _counters[Counter.Acknowledged] == 3);
        await delivery.StopAsync(default);
        Assert.Equal((1ul, 2ul), (_counters[Counter.LostNacked], _counters[Counter.AcknowledgedAlerts]));
    }

    [Fact]
    public async Task A_collector_that_wants_to_be_left_is_left_and_asked_again()
    {
        using DeliveryService delivery = Deliver("leaves");
        await delivery.StartAsync(default);
        for (ulong i = 1; i <= 3; i++)
        {
            Append(1);
            await SomeSpool.UntilAsync(() => _counters[Counter.Acknowledged] == i);
        }

        await delivery.StopAsync(default);
        Assert.Null(_health[Ailment.CollectorAway]);
    }

    [Fact]
    public async Task Batches_do_not_wait_for_the_acknowledgement_of_those_before()
    {
        Append(1200); // three batches
        using DeliveryService delivery = Deliver("lazy:3");
        await delivery.StartAsync(default);
        await SomeSpool.UntilAsync(() => _counters[Counter.Acknowledged] == 1200);
        await delivery.StopAsync(default);
    }

    [Fact]
    public async Task Where_one_collector_is_away_another_is_found()
    {
        Append(3);
        StartServer(0);
        using DeliveryService delivery = Deliver([new Uri("http://127.0.0.1:1"), new Uri($"http://127.0.0.1:{Port}"), new Uri("http://127.0.0.1:2")], "store");
        await delivery.StartAsync(default);
        await SomeSpool.UntilAsync(() => _counters[Counter.Acknowledged] == 3);
        await delivery.StopAsync(default);
    }

    [Theory]
    [InlineData("fail:16", true)]
    [InlineData("fail:7", true)]
    [InlineData("fail:14", false)]
    public async Task Whoever_does_not_let_the_agent_in_is_told_from_who_is_away(string scenario, bool refuses)
    {
        using DeliveryService delivery = Deliver(scenario);
        await delivery.StartAsync(default);
        await SomeSpool.UntilAsync(() => _health[Ailment.CollectorAway] is not null && _health[Ailment.CollectorRefuses] is not null == refuses);
        await delivery.StopAsync(default);
    }

    private int Port { get; set; }

    /// <summary>What the collector prints, until it has stored so many records or more.</summary>
    private async Task<string[]> StoredAsync(int records)
    {
        var lines = new List<string>();
        while (lines.Sum(static line => line.Split(' ').Length - 1) < records)
        {
            string line = (await _server!.StandardOutput.ReadLineAsync())!;
            lines.AddRange(char.IsAsciiDigit(line[0]) ? [line] : Array.Empty<string>());
        }

        return [.. lines];
    }

    private void Append(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _spool.Append(new V1.Record { Alert = new V1.Alert { Id = "a" } });
        }
    }

    private void StartServer(int port)
    {
        _server = Process.Start(new ProcessStartInfo("node", [Repository.Path("tests/interop/server.js"), "serve", $"{port}"]) { RedirectStandardOutput = true })!;
        Port = int.Parse(_server.StandardOutput.ReadLine()!, System.Globalization.CultureInfo.InvariantCulture);
    }

    private DeliveryService Deliver(string scenario)
    {
        StartServer(0);
        return Deliver([new Uri($"http://127.0.0.1:{Port}")], scenario);
    }

    private DeliveryService Deliver(IReadOnlyList<Uri> collectors, string agentId)
    {
        var status = new DeliveryStatus(TimeProvider.System);
        var streams = new IngestStreamFactory(_spool, new StatusReport(_counters, _health, static () => []), status, TimeProvider.System, NullLogger<IngestStream>.Instance);
        var options = new CollectorOptions(collectors, Tls: null);
        var channels = new CollectorChannels(options, _health, TimeProvider.System, NullLogger<CollectorChannels>.Instance);
        return new DeliveryService(new Hello { AgentId = agentId }, _spool, channels, streams, status, _counters, _health, TimeProvider.System, NullLogger<DeliveryService>.Instance);
    }
}
