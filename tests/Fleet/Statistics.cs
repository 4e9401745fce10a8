using System.Collections.Concurrent;

namespace Tallyman.Fleet;

/// <summary>What all agents see together.</summary>
internal sealed class Statistics
{
    private ConcurrentQueue<double> _milliseconds = [];
    private long _records;
    private long _slowed;

    /// <summary>Seconds over which a fleet connects at first.</summary>
    public double ConnectWithin { get; init; } = 20;

    public long Records => Interlocked.Read(ref _records);

    public long Slow => Interlocked.Read(ref _slowed);

    public void Acknowledged(int records, TimeSpan after)
    {
        Interlocked.Add(ref _records, records);
        _milliseconds.Enqueue(after.TotalMilliseconds);
    }

    public void Slowed() => Interlocked.Increment(ref _slowed);

    /// <summary>How long batches waited for their acknowledgements since this was asked last.</summary>
    public (double Median, double P99) TakeLatencies()
    {
        double[] all = [.. Interlocked.Exchange(ref _milliseconds, []).Order()];
        return all.Length == 0 ? (0, 0) : (all[all.Length / 2], all[all.Length * 99 / 100]);
    }
}
