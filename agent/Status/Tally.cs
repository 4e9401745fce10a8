using System.Collections.Concurrent;

namespace Tallyman.Agent.Status;

/// <summary>Counts by name, for names that are not known beforehand. Beyond so many, others are counted as one. Any thread may use it.</summary>
public sealed class Tally
{
    public const string Others = "other";
    public const int MostNames = 256;

    private readonly ConcurrentDictionary<string, ulong> _counts = [];

    public void Add(string name) =>
        _counts.AddOrUpdate(_counts.ContainsKey(name) || _counts.Count < MostNames ? name : Others, 1, static (_, count) => count + 1);

    /// <summary>In the order of their names.</summary>
    public IEnumerable<KeyValuePair<string, ulong>> Read() => _counts.ToArray().OrderBy(static count => count.Key, StringComparer.Ordinal);
}
