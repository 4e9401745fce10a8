namespace Tallyman.Agent.Sources;

/// <summary>
/// How long detection may wait for what others can make slow: some seconds at once and a tenth of all time in the long run, so
/// that they do not hold up what happens elsewhere.
/// </summary>
internal sealed class WaitingTime(TimeProvider time)
{
    private const int Share = 10;

    private static readonly TimeSpan MostAtOnce = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MostSaved = TimeSpan.FromSeconds(10);

    private TimeSpan _saved = MostSaved;
    private long _since = time.GetTimestamp();

    /// <summary>For the next command line.</summary>
    public TimeSpan Left()
    {
        long now = time.GetTimestamp();
        TimeSpan saved = _saved + (time.GetElapsedTime(_since, now) / Share);
        _saved = saved < MostSaved ? saved : MostSaved;
        _since = now;
        return _saved <= TimeSpan.Zero ? TimeSpan.Zero : _saved < MostAtOnce ? _saved : MostAtOnce;
    }

    public void Spend(TimeSpan waited) => _saved -= waited;
}
