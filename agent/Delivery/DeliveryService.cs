using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;
using Tallyman.Grpc;

namespace Tallyman.Agent.Delivery;

/// <summary>
/// Keeps a stream to a collector and sends what is in the spool. Whatever happens to the stream, the records stay in the
/// spool until the collector says that it has stored them.
/// </summary>
internal sealed partial class DeliveryService(
    V1.Hello hello, RecordSpool spool, CollectorChannels channels, IngestStreamFactory streams, DeliveryStatus delivery, Counters counters, Health health, TimeProvider time, ILogger<DeliveryService> logger)
    : BackgroundService
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Stable = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestAbsence = TimeSpan.FromMinutes(10);

    private CollectorOptions _options = new([], null);
    private CollectorList? _collectors; // null where there are none
    private readonly CancellationTokenSource _hurry = new();
    private readonly Random _random = new();

    /// <summary>Lets the stream deliver what is left, for a while.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _hurry.CancelAfter(Farewell);
        await base.StopAsync(cancellationToken);
        SpoolRange range = spool.Range;
        if (range.Next - 1 - range.Acknowledged is ulong waiting and > 0)
        {
            LogUndelivered(logger, (long)waiting);
        }
    }

    public override void Dispose()
    {
        _hurry.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var backoff = new Backoff(_random, FirstWait);
        while (!_hurry.IsCancellationRequested && !(stoppingToken.IsCancellationRequested && (IsDown || spool.Status.Records == 0)))
        {
            CancellationToken changed = TakeOptions();
            if (_collectors is not CollectorList collectors)
            {
                await WaitAsync(Timeout.InfiniteTimeSpan, stoppingToken, changed);
                if (stoppingToken.IsCancellationRequested)
                {
                    return;
                }

                continue;
            }

            long start = time.GetTimestamp();
            Uri collector = collectors.Current;
            delivery.Begin(NameOf(collector));
            (GrpcStatus status, bool wasWelcome, TimeSpan? absence) = await StreamAsync(collector, changed, stoppingToken);
            delivery.End(status.Code.ToString());
            if (changed.IsCancellationRequested)
            {
                backoff.Reset();
                continue;
            }

            bool wasStable = wasWelcome && time.GetElapsedTime(start) > Stable;
            if (wasStable)
            {
                backoff.Reset();
            }

            if (absence is TimeSpan most)
            {
                collectors.SentAway();
                await WaitAsync((most < LongestAbsence ? most : LongestAbsence) * _random.NextDouble(), stoppingToken, changed);
                continue;
            }

            if (status.IsOK && stoppingToken.IsCancellationRequested)
            {
                return;
            }

            status = status.IsOK ? new GrpcStatus(StatusCode.Unavailable, "the stream was ended") : status;
            Complain(collector, status, isNew: !IsDown || wasStable);
            if (wasWelcome)
            {
                collectors.Succeeded();
            }
            else
            {
                collectors.Failed();
            }

            await WaitAsync(backoff.Next(), stoppingToken, changed);
        }
    }

    /// <summary>As people know it.</summary>
    public static string NameOf(Uri collector) => collector.GetLeftPart(UriPartial.Authority);

    private bool IsDown => health[Ailment.CollectorAway] is not null;

    /// <summary>Begins with other collectors, if there are others now.</summary>
    /// <returns>Is cancelled when there are others again.</returns>
    private CancellationToken TakeOptions()
    {
        CancellationToken changed = channels.Changed;
        if (channels.Options is CollectorOptions options && options != _options)
        {
            _options = options;
            _collectors = options.Collectors.Count > 0 ? new CollectorList(options.Collectors, hello.AgentId) : null;
            health[Ailment.CollectorAway] = null;
            health[Ailment.CollectorRefuses] = null;
        }

        return changed;
    }

    private async Task<(GrpcStatus Status, bool WasWelcome, TimeSpan? Absence)> StreamAsync(Uri collector, CancellationToken changed, CancellationToken stopping)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_hurry.Token, changed);
        try
        {
            using GrpcChannel channel = channels.Open(collector);
            using IngestStream stream = streams.Open(channel, hello.Clone(), over.Token);
            GrpcStatus status = await stream.RunAsync(stopping);
            return (status, stream.WasWelcome, stream.ReconnectWithin);
        }
        catch (TlsException e)
        {
            return (new GrpcStatus(StatusCode.FailedPrecondition, e.Message), WasWelcome: false, Absence: null);
        }
    }

    private void Complain(Uri collector, GrpcStatus status, bool isNew)
    {
        string reason = Rendering.SafeText.Escape($"{NameOf(collector)}: {status}");
        bool isRefusal = status.Code is StatusCode.Unauthenticated or StatusCode.PermissionDenied;
        health[Ailment.CollectorAway] = reason;
        if (status.Code is StatusCode.OutOfRange or StatusCode.Internal or StatusCode.ResourceExhausted)
        {
            counters.Add(Counter.CollectorErrors);
        }

        if (isRefusal && health[Ailment.CollectorRefuses] is null)
        {
            LogRefused(logger, reason);
        }
        else if (isNew)
        {
            LogCollectorIsGone(logger, reason);
        }

        health[Ailment.CollectorRefuses] = isRefusal ? reason : null;
    }

    private async Task WaitAsync(TimeSpan wait, CancellationToken stopping, CancellationToken changed)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, changed);
        await Task.Delay(wait, time, either.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "No collector is reached, alerts wait on this host: {Status}")]
    private static partial void LogCollectorIsGone(ILogger logger, string status);

    [LoggerMessage(Level = LogLevel.Error, Message = "The collector does not let this agent in, alerts wait on this host: {Status}")]
    private static partial void LogRefused(ILogger logger, string status);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} records are not delivered and wait on this host for the next start")]
    private static partial void LogUndelivered(ILogger logger, long count);
}
