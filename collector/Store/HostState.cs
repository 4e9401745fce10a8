namespace Tallyman.Collector.Store;

/// <summary>The last sign of life of an agent.</summary>
/// <param name="Counters">What it counts, as a JSON object.</param>
internal sealed record HostState(StreamPlace Stream, string Host, string Version, DateTimeOffset Seen, string Counters);

internal sealed record StoredHost(string AgentId, string Host, string Version, DateTimeOffset Seen, DateTimeOffset? SilentSince, string Counters);

/// <summary>The last sign of life of a collector.</summary>
internal sealed record CollectorState(string Name, DateTimeOffset Seen, string Counters);

/// <summary>How far a destination has come.</summary>
/// <param name="Waiting">Alerts that it has not got yet.</param>
internal sealed record ForwarderState(string Name, DateTimeOffset Seen, Progress Progress, long Waiting);
