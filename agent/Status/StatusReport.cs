namespace Tallyman.Agent.Status;

/// <summary>What the agent says of itself: to collectors in heartbeats, to people at the end.</summary>
/// <param name="kernel">The counters of the kernel side.</param>
public sealed class StatusReport(Counters counters, Func<IEnumerable<KeyValuePair<string, ulong>>> kernel)
{
    /// <summary>All counters by their names, those of the kernel first.</summary>
    public IEnumerable<KeyValuePair<string, ulong>> Counters() => kernel().Concat(counters.Read());

    /// <summary>One line: the counters that are not 0.</summary>
    public override string ToString() => string.Join(", ", Counters().Where(static counter => counter.Value > 0).Select(static counter => $"{counter.Key} {counter.Value}"));
}
