namespace Tallyman.Agent.Status;

/// <summary>How delivery fares. One loop tells; any thread may ask.</summary>
public sealed class DeliveryStatus(TimeProvider time)
{
    private volatile string? _collector;
    private volatile bool _isWelcome;
    private long _lastAck; // ticks of UTC; 0: there was none

    /// <summary>Which collector takes records now; null if none does.</summary>
    public string? Connected => _isWelcome ? _collector : null;

    /// <summary>When a collector has said last that it has stored something; null if none has in this run.</summary>
    public DateTimeOffset? LastAck => Interlocked.Read(ref _lastAck) is long ticks and not 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>Seconds from an execution until a collector has stored the alert of it.</summary>
    public Histogram Latency { get; } = new([0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 21600]);

    /// <summary>Streams that have ended, by their status.</summary>
    public Tally Ends { get; } = new("reason");

    public void Begin(string collector) => _collector = collector;

    public void Welcome() => _isWelcome = true;

    public void Acknowledged() => Interlocked.Exchange(ref _lastAck, time.GetUtcNow().UtcTicks);

    /// <param name="status">Of gRPC.</param>
    public void End(string status)
    {
        _isWelcome = false;
        Ends.Add(status);
    }
}
