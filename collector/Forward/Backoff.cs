namespace Tallyman.Collector.Forward;

/// <summary>How long to wait before the next attempt: a random part of a bound that doubles.</summary>
internal sealed class Backoff(Random random)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Most = TimeSpan.FromMinutes(1);

    private TimeSpan _bound = First;

    public TimeSpan Next()
    {
        TimeSpan wait = _bound * random.NextDouble();
        _bound = TimeSpan.FromTicks(Math.Min(_bound.Ticks * 2, Most.Ticks));
        return wait;
    }

    public void Reset() => _bound = First;
}
