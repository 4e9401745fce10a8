namespace Tallyman.Agent.Status;

/// <summary>What the agent says of itself: to collectors in heartbeats, to people at the end.</summary>
/// <param name="others">Numbers that are kept elsewhere, by their names.</param>
public sealed class StatusReport(Counters counters, Health health, Func<IEnumerable<KeyValuePair<string, ulong>>> others)
{
    public Health Health => health;

    /// <summary>All counters by their names, those of others first.</summary>
    public IEnumerable<KeyValuePair<string, ulong>> Counters() => others().Concat(counters.Read());

    /// <summary>One line: the counters that are not 0.</summary>
    public override string ToString() => string.Join(", ", Counters().Where(static counter => counter.Value > 0).Select(static counter => $"{counter.Key} {counter.Value}"));
}
