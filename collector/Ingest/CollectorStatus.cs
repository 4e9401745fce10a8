using Tallyman.Collector.Store;
using Tallyman.Grpc;

namespace Tallyman.Collector.Ingest;

/// <summary>How this collector fares: the row of the table <c>collectors</c> under its name.</summary>
internal sealed class CollectorStatus(CollectorOptions options, StoreQueue queue, CollectorCounters counters, TimeProvider time, TlsWatch? tls = null)
{
    public CollectorState Take(Fleet fleet) => new(options.Name, time.GetUtcNow(), CountersJson.Write(
    [
        .. counters.All(),
        ("streams_open", (ulong)fleet.Streams.Count(static stream => stream.IsOpen)),
        ("queue_bytes", (ulong)queue.BytesTaken),
        ("memory_bytes", (ulong)Environment.WorkingSet),
        .. tls is null ? (IEnumerable<(string, ulong)>)[] : [("tls_certificate_expires", (ulong)tls.Required.Expires.ToUnixTimeSeconds())],
    ]));
}
