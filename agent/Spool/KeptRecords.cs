namespace Tallyman.Agent.Spool;

/// <summary>Acknowledged records, which stay for a while, should a collector lose them again.</summary>
internal sealed class KeptRecords(SpoolOptions options, TimeProvider time)
{
    private readonly Queue<(ulong Place, long Time, long Bytes)> _kept = [];

    /// <summary>How long until some of them have been here for long enough; null if there are none.</summary>
    public TimeSpan? UntilNext => _kept.TryPeek(out var oldest) ? options.KeepFor - time.GetElapsedTime(oldest.Time) : null;

    /// <summary>Forgets what was known of another file.</summary>
    public void Begin(SpoolFile file)
    {
        _kept.Clear();
        if (file.First <= file.State.Acknowledged)
        {
            Add(file.State.Acknowledged, file.KeptBytes);
        }
    }

    /// <param name="upTo">The last place that is acknowledged now.</param>
    public void Add(ulong upTo, long bytes) => _kept.Enqueue((upTo, time.GetTimestamp(), bytes));

    /// <summary>Removes those that have been here for long enough, or are too many.</summary>
    public void Forget(SpoolFile file)
    {
        while (_kept.TryPeek(out var oldest)
            && (file.KeptBytes > options.KeepBytes || oldest.Place <= file.State.Origin || time.GetElapsedTime(oldest.Time) >= options.KeepFor))
        {
            _kept.Dequeue();
            file.Forget(oldest.Place, oldest.Bytes);
        }
    }
}
