namespace Tallyman.Agent.Delivery;

/// <summary>How long to wait before the next attempt: a random part of a bound that doubles, so that a fleet does not come back at once.</summary>
internal sealed class Backoff(Random random)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(60);

    private TimeSpan _bound = First;

    public TimeSpan Next()
    {
        TimeSpan wait = _bound * random.NextDouble();
        _bound = TimeSpan.FromTicks(Math.Min(_bound.Ticks * 2, Most.Ticks));
        return wait;
    }

    /// <summary>The connection has held for a while: the next failure is a new one.</summary>
    public void Reset() => _bound = First;
}
