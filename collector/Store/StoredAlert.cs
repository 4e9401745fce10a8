using Tallyman.V1;

namespace Tallyman.Collector.Store;

/// <summary>An alert as it came, with its place among the records of its agent.</summary>
internal sealed record StoredAlert(ulong Sequence, Alert Alert);
