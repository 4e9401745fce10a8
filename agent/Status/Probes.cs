namespace Tallyman.Agent.Status;

/// <summary>Three questions about the agent that have different answers: each is null for yes, else why not.</summary>
/// <param name="hasSource">Executions are seen.</param>
/// <param name="delivers">There are collectors.</param>
public sealed class Probes(Health health, Progress progress, Func<bool> hasSource, Func<bool> delivers)
{
    /// <summary>Has it begun to see executions?</summary>
    public string? Startup() => hasSource() ? null : health[Ailment.NoSource] ?? "no source is attached yet";

    /// <summary>Does it still work? What only others can mend, such as a collector that is away, does not count: a restart would not help.</summary>
    public string? Liveness() => progress.Stuck();

    /// <summary>Can what it sees get anywhere: to a collector, or to the disk?</summary>
    public string? Readiness() =>
        Startup() ?? (health[Ailment.SpoolFailing] is string disk && (delivers() ? health[Ailment.CollectorAway] : "there is none") is string collector
            ? $"records get neither to the disk ({disk}) nor to a collector ({collector})"
            : null);
}
