using Tallyman.V1;

namespace Tallyman.Collector.Store;

/// <summary>An alert as it came, with its place among the records of its agent, and when it was stored.</summary>
internal sealed record StoredAlert(string AgentId, ulong Sequence, DateTimeOffset Stored, Alert Alert);

internal sealed record StoredGap(string AgentId, GapRow Gap);

/// <summary>What an agent has said of itself: its starts, its source, its configuration and its exceptions.</summary>
internal sealed record StoredTrail(string AgentId, TrailRow Trail);
