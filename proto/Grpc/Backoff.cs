namespace Tallyman.Grpc;

/// <summary>How long to wait before the next attempt: a random part of a bound that doubles, so that a fleet does not come back at once.</summary>
/// <param name="first">The bound of the first wait.</param>
public sealed class Backoff(Random random, TimeSpan first)
{
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(60);

    private TimeSpan? _last;

    public TimeSpan Next()
    {
        TimeSpan bound = _last is TimeSpan last ? TimeSpan.FromTicks(Math.Min(last.Ticks * 2, Most.Ticks)) : first;
        _last = bound;
        return bound * random.NextDouble();
    }

    /// <summary>The connection has held for a while: the next failure is a new one.</summary>
    public void Reset() => _last = null;
}
