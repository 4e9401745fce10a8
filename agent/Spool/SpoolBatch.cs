using Tallyman.V1;

namespace Tallyman.Agent.Spool;

/// <summary>Where the spool is, in sequences of its epoch.</summary>
/// <param name="First">The first record that is still here, acknowledged or not.</param>
/// <param name="Acknowledged">The last that a collector has stored.</param>
/// <param name="Sent">The last that may ever have been sent.</param>
internal readonly record struct SpoolRange(ulong Epoch, ulong First, ulong Acknowledged, ulong Sent, ulong Next);

/// <summary>How the spool is.</summary>
/// <param name="Records">Those that wait.</param>
/// <param name="Alerts">Those of them that are alerts.</param>
/// <param name="Bytes">What they take.</param>
/// <param name="Size">What they may take.</param>
/// <param name="InMemory">Those of them that are not on disk.</param>
/// <param name="Oldest">When that happened which the first of them tells of; null if there are none.</param>
internal readonly record struct SpoolStatus(long Records, long Alerts, long Bytes, long Size, long InMemory, DateTimeOffset? Oldest);

/// <summary>
/// Records with their sequences, which are dense from <paramref name="First"/> on. Where that lies behind what was asked for,
/// the first record is a gap that stands for everything between.
/// </summary>
internal sealed record SpoolBatch(ulong First, IReadOnlyList<Record> Records, long Bytes)
{
    public ulong Next => First + (ulong)Records.Count;

    /// <param name="from">The place that was asked for.</param>
    /// <param name="waiting">Records from there on, as they are kept.</param>
    /// <param name="acknowledged">A collector that asks for what lies up to here has lost it again.</param>
    /// <param name="last">The last place that there is.</param>
    /// <returns>In places; null if there is nothing to be had yet.</returns>
    public static SpoolBatch? Of(ulong from, List<SpooledRecord> waiting, ulong acknowledged, ulong last, DateTimeOffset now)
    {
        var records = new List<Record>(waiting.Count + 1);
        ulong first = from;
        long bytes = 0;
        if (waiting.Count == 0)
        {
            return from > last ? null : new SpoolBatch(last, [Missing(from, last)], 0);
        }

        foreach (SpooledRecord record in waiting)
        {
            if (record.Place != first + (ulong)records.Count)
            {
                if (records.Count > 0)
                {
                    break; // a gap that stands for several begins a batch of its own
                }

                first = record.Place;
                if (record.Rank != Rank.Evicted)
                {
                    records.Add(Missing(from, record.Place - 1));
                    first--;
                }
            }

            records.Add(record.Parse() ?? new Record { Gap = Gaps.Of(Gaps.Corrupt, 1, now, now, isExact: false) });
            bytes += record.Bytes.Length;
        }

        return new SpoolBatch(first, records, bytes);

        Record Missing(ulong start, ulong end) => new()
        {
            Gap = start <= acknowledged ? Gaps.Of(Gaps.Rewound, end - start + 1, now, now) : Gaps.Of(Gaps.Corrupt, end - start + 1, now, now, isExact: false),
        };
    }
}
