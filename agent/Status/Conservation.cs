namespace Tallyman.Agent.Status;

/// <summary>
/// Where every execution of a tool has gone.
/// </summary>
/// <param name="Events">Executions to be judged, and alerts that waited since before.</param>
/// <param name="Pending">Alerts that wait.</param>
internal sealed record Conservation(ulong Events, ulong Acknowledged, ulong Suppressed, ulong NotInteresting, ulong Pending, ulong Lost)
{
    /// <summary>Executions that are under way within the agent; 0 when it is quiet, or something is lost and not counted.</summary>
    public ulong Unaccounted => unchecked(Events - (Acknowledged + Suppressed + NotInteresting + Pending + Lost));

    public static Conservation Of(Counters counters, ulong pending) => new(
        counters[Counter.EventsWatched] + counters[Counter.UnknownTools] + counters[Counter.EventsAtStart] + counters[Counter.AlertsCarriedOver],
        counters[Counter.AcknowledgedAlerts],
        counters[Counter.Suppressed] + counters[Counter.Excepted],
        counters[Counter.NotInteresting],
        pending,
        counters[Counter.LostQueueFull] + counters[Counter.LostSpoolEvicted] + counters[Counter.LostSpoolWriteFailed]
            + counters[Counter.LostSpoolCorrupt] + counters[Counter.LostNacked]);
}
