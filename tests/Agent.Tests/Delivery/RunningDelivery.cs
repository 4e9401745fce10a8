using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tallyman.Agent.Delivery;
using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;
using Tallyman.Agent.Tests.Spool;
using Tallyman.Grpc;
using Tallyman.V1;
using Xunit;

namespace Tallyman.Agent.Tests.Delivery;

/// <summary>Spool and delivery of an agent, without what comes before them: 0, 1, 2, … are its alerts.</summary>
internal sealed class RunningDelivery : IAsyncDisposable
{
    private readonly CountingLogger _log = new();
    private readonly TimeProvider _time;
    private readonly CollectorChannels _channels;
    private readonly DeliveryService _delivery;

    public RunningDelivery(SpoolOptions options, Uri[] collectors, TlsFiles? tls = null, TimeProvider? time = null, string agentId = "agent")
    {
        _time = time ??= TimeProvider.System;
        Status = new DeliveryStatus(time);
        Spool = new RecordSpool(options, Counters, Health, time, NullLogger<RecordSpool>.Instance);
        var delivery = new CollectorOptions(collectors, tls);
        _channels = new CollectorChannels(delivery, Health, time, NullLogger<CollectorChannels>.Instance);
        var streams = new IngestStreamFactory(Spool, new StatusReport(Counters, Health, static () => []), Status, time, _log);
        _delivery = new DeliveryService(new Hello { AgentId = agentId, Host = new Host { Name = "host" } }, Spool, _channels, streams, Status, Counters, Health, time, NullLogger<DeliveryService>.Instance);
    }

    public Counters Counters { get; } = new();

    public Health Health { get; } = new();

    public DeliveryStatus Status { get; }

    public RecordSpool Spool { get; }

    /// <summary>How many times a collector has greeted.</summary>
    public int Streams => _log.Connected;

    public int Appended { get; private set; }

    /// <summary>The number of the first.</summary>
    public int First { get; init; }

    public static SpoolOptions Options(string directory) => new(directory, SomeSpool.Size) { RetryEvery = TimeSpan.FromMilliseconds(20) };

    /// <summary>The number of an alert that one of these made.</summary>
    public static int? NumberOf(Alert alert) => int.Parse(alert.Id, System.Globalization.CultureInfo.InvariantCulture);

    public Task StartAsync() => _delivery.StartAsync(default);

    public void Append(int count, int bytes = 0, Func<int, Severity>? severity = null)
    {
        for (int i = 0; i < count; i++)
        {
            Spool.Append(SomeSpool.Alert($"{First + Appended}", severity?.Invoke(First + Appended) ?? Severity.Medium, bytes, _time.GetUtcNow()));
            Appended++;
        }
    }

    /// <summary>Until nothing waits, and nothing is unaccounted for.</summary>
    public async Task DeliverAsync()
    {
        await SomeSpool.UntilAsync(() => Spool.Status.Records == 0);
        await Spool.UntilAccountedForAsync(Counters, Appended);
    }

    private sealed class CountingLogger : ILogger<IngestStream>
    {
        private int _connected;

        public int Connected => _connected;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Interlocked.Add(ref _connected, formatter(state, exception).StartsWith("Connected", StringComparison.Ordinal) ? 1 : 0);
    }

    public async ValueTask DisposeAsync()
    {
        await _delivery.StopAsync(default);
        _delivery.Dispose();
        _channels.Dispose();
        Spool.Dispose();
    }
}

/// <summary>A clock that people set: the time of day jumps, what measures time does not.</summary>
internal sealed class TimeThatJumps : TimeProvider
{
    private readonly TimeInHaste _time = new();

    public TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => _time.CreateTimer(callback, state, dueTime, period);
}

/// <summary>Waits take a fraction of their time: five seconds are one. What is measured is measured as it is.</summary>
internal sealed class TimeInHaste : TimeProvider
{
    private const int Times = 5;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime / Times : dueTime, period > TimeSpan.Zero ? period / Times : period);
}
