using System.Globalization;
using Tallyman.Rendering;

namespace Tallyman.Agent.Status;

/// <summary>What the agent says of itself: to collectors in heartbeats, to people at the end.</summary>
/// <param name="others">Numbers that are kept elsewhere, by their names.</param>
public sealed class StatusReport(Counters counters, Health health, Func<IEnumerable<KeyValuePair<string, ulong>>> others)
{
    private const int LongestAilment = 200;

    public Health Health => health;

    /// <summary>All counters by their names, those of others first.</summary>
    public IEnumerable<KeyValuePair<string, ulong>> Counters() => others().Concat(counters.Read());

    /// <summary>One line, for who looks at one line only.</summary>
    public string Line()
    {
        Dictionary<string, ulong> counters = Counters().ToDictionary();
        string source = counters.GetValueOrDefault("source_ebpf") > 0 ? "ebpf" : counters.GetValueOrDefault("source_auditd") > 0 ? "auditd" : "nothing";
        ulong lost = Losses.Of(counters).Aggregate(0ul, static (sum, each) => sum + each.Value);
        IEnumerable<string> parts =
        [
            string.Create(CultureInfo.InvariantCulture, $"Seeing through {source}, alerts {counters["alerts"]}, waiting {counters.GetValueOrDefault("pending_alerts")}, lost {lost}"),
            .. health.Ailments().Select(static ailment => SafeText.Shorten(SafeText.Escape(ailment), LongestAilment)),
        ];
        return string.Join("; ", parts);
    }

    /// <summary>One line: the counters that are not 0.</summary>
    public override string ToString() => string.Join(", ", Counters().Where(static counter => counter.Value > 0).Select(static counter => $"{counter.Key} {counter.Value}"));
}
