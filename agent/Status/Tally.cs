using System.Collections.Concurrent;

namespace Tallyman.Agent.Status;

/// <summary>Counts by labels whose values are not known beforehand. Beyond so many, others are counted as one. Any thread may use it.</summary>
/// <param name="labels">Their names.</param>
public sealed class Tally(params string[] labels)
{
    public const string Others = "other";
    public const int MostSeries = 1024;

    private readonly string _others = PrometheusText.Labels([.. labels.Select(static label => (label, Others))]);
    private readonly ConcurrentDictionary<string, ulong> _counts = [];

    /// <param name="values">One for each label.</param>
    public void Add(params string[] values)
    {
        string series = PrometheusText.Labels([.. labels.Zip(values)]);
        _counts.AddOrUpdate(_counts.ContainsKey(series) || _counts.Count < MostSeries ? series : _others, 1, static (_, count) => count + 1);
    }

    /// <summary>By labels, as in Prometheus' text, in their order.</summary>
    public IEnumerable<KeyValuePair<string, ulong>> Read() => _counts.ToArray().OrderBy(static count => count.Key, StringComparer.Ordinal);
}
