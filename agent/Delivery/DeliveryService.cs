using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tallyman.Agent.Spool;
using Tallyman.Grpc;

namespace Tallyman.Agent.Delivery;

/// <summary>Where the records go, and who sends them.</summary>
/// <param name="Hello">Everything of it but the place in the sequence.</param>
internal sealed record DeliveryOptions(Uri Collector, V1.Hello Hello);

/// <summary>
/// Keeps a stream to the collector and sends what is in the spool. Whatever happens to the stream, the records stay in the
/// spool until the collector says that it has stored them.
/// </summary>
internal sealed partial class DeliveryService(
    DeliveryOptions options, MemorySpool spool, IngestStreamFactory streams, TimeProvider time, ILogger<DeliveryService> logger)
    : BackgroundService
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Stable = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _hurry = new();

    /// <summary>Lets the stream deliver what is left, for a while.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _hurry.CancelAfter(Farewell);
        await base.StopAsync(cancellationToken);
        (ulong first, ulong next) = spool.Range;
        if (next > first)
        {
            LogUndelivered(logger, next - first, options.Collector);
        }
    }

    public override void Dispose()
    {
        _hurry.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var channel = new GrpcChannel(options.Collector, KeepAlive);
        var backoff = new Backoff(new Random());
        bool isDown = false;
        while (!_hurry.IsCancellationRequested && !(stoppingToken.IsCancellationRequested && (isDown || IsEmpty())))
        {
            long start = time.GetTimestamp();
            using IngestStream stream = streams.Open(channel, options.Hello, _hurry.Token);
            GrpcStatus status = await stream.RunAsync(stoppingToken);
            if (status.IsOK)
            {
                return;
            }

            if (!isDown || time.GetElapsedTime(start) > Stable)
            {
                LogCollectorIsGone(logger, options.Collector, status);
            }

            isDown = true;
            if (time.GetElapsedTime(start) > Stable)
            {
                backoff.Reset();
            }

            await Task.Delay(backoff.Next(), time, stoppingToken).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    private bool IsEmpty() => spool.Range is var (first, next) && first == next;

    [LoggerMessage(Level = LogLevel.Warning, Message = "The collector at {Collector} is not reached, alerts wait in memory: {Status}")]
    private static partial void LogCollectorIsGone(ILogger logger, Uri collector, GrpcStatus status);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} records are lost with this process: the collector at {Collector} has not taken them")]
    private static partial void LogUndelivered(ILogger logger, ulong count, Uri collector);
}
