using Tallyman.V1;

namespace Tallyman.Collector.Store;

/// <summary>An alert as it came, with its place among the records of its agent, and when it was stored.</summary>
internal sealed record StoredAlert(string AgentId, ulong Sequence, DateTimeOffset Stored, Alert Alert);

internal sealed record StoredGap(string AgentId, GapRow Gap);
