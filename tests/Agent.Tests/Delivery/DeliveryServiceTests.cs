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

    private int Port { get; set; }

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
        var streams = new IngestStreamFactory(_spool, new StatusReport(_counters, _health, static () => []), TimeProvider.System, NullLogger<IngestStream>.Instance);
        var options = new DeliveryOptions(collectors, new Hello { AgentId = agentId });
        return new DeliveryService(options, _spool, streams, _health, TimeProvider.System, NullLogger<DeliveryService>.Instance);
    }
}
