using System.Collections.Immutable;

namespace Tallyman.Agent.Status;

/// <summary>How many values there were up to each bound. Any thread may use it.</summary>
/// <param name="bounds">Ascending.</param>
public sealed class Histogram(ImmutableArray<double> bounds)
{
    private readonly Lock _sync = new();
    private readonly ulong[] _counts = new ulong[bounds.Length + 1]; // the last is for what is beyond all bounds
    private double _sum;

    public void Add(double value)
    {
        int bucket = 0;
        while (bucket < bounds.Length && value > bounds[bucket])
        {
            bucket++;
        }

        lock (_sync)
        {
            _counts[bucket]++;
            _sum += value;
        }
    }

    /// <summary>For each bound, infinity included, how many values were not above it; the sum of all values.</summary>
    public (ImmutableArray<(double Bound, ulong Count)> UpTo, double Sum) Read()
    {
        lock (_sync)
        {
            ulong count = 0;
            return ([.. _counts.Select((each, i) => (i < bounds.Length ? bounds[i] : double.PositiveInfinity, count += each))], _sum);
        }
    }
}
