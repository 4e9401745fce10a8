using Tallyman.V1;

namespace Tallyman.Agent.Spool;

/// <summary>
/// The newest records, which are not on disk yet: for a moment while all is well, for long while the disk fails. Bounded; what
/// finds no room becomes a gap in its own place. The last fifth of the room is for HIGH and CRITICAL.
/// </summary>
internal sealed class MemoryTail(long mostBytes, TimeProvider time)
{
    private LinkedList<SpooledRecord> _records = [];

    public int Count => _records.Count;

    public long Bytes { get; private set; }

    public long Alerts { get; private set; }

    public ulong? First => _records.First?.Value.Place;

    public DateTimeOffset? Oldest => _records.First?.Value.Time;

    /// <param name="fixedUpTo">Records up to this place are being written, or were sent, and stay as they are.</param>
    /// <returns>False if there was no room and only a gap was added.</returns>
    public bool Add(SpooledRecord record, ulong fixedUpTo)
    {
        if (Bytes + record.Cost <= (record.Rank == Rank.Low ? mostBytes / 5 * 4 : mostBytes))
        {
            AddLast(record);
            return true;
        }

        GapRecord gap = Gaps.InPlaceOf(record, Gaps.WriteFailed, time.GetUtcNow());
        if (_records.Last?.Value is { Rank: Rank.Evicted } last && last.Place > fixedUpTo)
        {
            gap = Gaps.Merge(last.Parse()!.Gap, gap);
            Bytes -= last.Cost;
            _records.RemoveLast();
        }

        AddLast(SpooledRecord.OfGap(record.Place, gap));
        return false;
    }

    /// <summary>Records behind a place, oldest first; at least one if there is any.</summary>
    public List<SpooledRecord> Read(ulong after, int mostRecords, long mostBytes)
    {
        var records = new List<SpooledRecord>();
        long bytes = 0;
        foreach (SpooledRecord record in _records.SkipWhile(record => record.Place <= after).Take(mostRecords))
        {
            bytes += record.Bytes.Length;
            if (bytes > mostBytes && records.Count > 0)
            {
                break;
            }

            records.Add(record);
        }

        return records;
    }

    public IEnumerable<SpooledRecord> UpTo(ulong place) => _records.TakeWhile(record => record.Place <= place);

    /// <returns>How many records went, and how many of them alerts.</returns>
    public (long Records, long Alerts) RemoveUpTo(ulong place)
    {
        (long count, long alerts) = (Count, Alerts);
        while (_records.First?.Value is SpooledRecord first && first.Place <= place)
        {
            Bytes -= first.Cost;
            Alerts -= first.IsAlert ? 1 : 0;
            _records.RemoveFirst();
        }

        return (count - Count, alerts - Alerts);
    }

    /// <summary>Gives all records other places, in the same distances, so that the first comes to stand there.</summary>
    /// <returns>The place behind the last.</returns>
    public ulong MoveTo(ulong place)
    {
        ulong by = unchecked(place - (First ?? place));
        _records = new LinkedList<SpooledRecord>(_records.Select(record => record with { Place = unchecked(record.Place + by) }));
        return (_records.Last?.Value.Place ?? (place - 1)) + 1;
    }

    private void AddLast(SpooledRecord record)
    {
        _records.AddLast(record);
        Bytes += record.Cost;
        Alerts += record.IsAlert ? 1 : 0;
    }
}
