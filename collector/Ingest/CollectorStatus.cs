using Tallyman.Collector.Store;

namespace Tallyman.Collector.Ingest;

/// <summary>How this collector fares: the row of the table <c>collectors</c> under its name.</summary>
internal sealed class CollectorStatus(CollectorOptions options, StoreQueue queue, CollectorCounters counters, TimeProvider time)
{
    public CollectorState Take(Fleet fleet) => new(options.Name, time.GetUtcNow(), CountersJson.Write(
    [
        .. counters.All(),
        ("streams_open", (ulong)fleet.Streams.Count(static stream => stream.IsOpen)),
        ("queue_bytes", (ulong)queue.BytesTaken),
        ("memory_bytes", (ulong)Environment.WorkingSet),
    ]));
}
