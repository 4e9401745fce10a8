using Tallyman.V1;

namespace Tallyman.Agent.Spool;

/// <summary>
/// Makes room in the file: what is acknowledged goes first, then the oldest of the lowest rank. Low ones may have four fifths
/// of the room, the rest is for HIGH and CRITICAL. A gap takes the place of what goes and counts it; side by side they become
/// one, so that they never are more than what is left. What was sent does not go: a place never names two records.
/// </summary>
internal sealed class Eviction(SpoolFile file, TimeProvider time)
{
    private const int AtOnce = 64;

    /// <summary>Pages that a transaction may need beside those of its records.</summary>
    private const long SparePages = 16;

    // A part of each page stays empty, more where records are long.
    private readonly long _most = file.MostPages * SpoolFile.PageSize / 8 * 7;
    private readonly ulong[] _searchedTo = new ulong[(int)Rank.Evicted];

    /// <param name="needed">Bytes that are to be added, all ranks and low ones.</param>
    /// <returns>How many alerts had to go.</returns>
    public long MakeRoom(long needed, long neededLow)
    {
        long alerts = 0;
        while (file.Totals[(int)Rank.Low].Bytes + neededLow > _most / 5 * 4 && TryEvict(Rank.Low, ref alerts))
        {
        }

        while ((Waiting() + needed > _most || file.Pages + (needed / SpoolFile.PageSize) + SparePages > file.MostPages)
            && (TryForget() || TryEvict(Rank.Low, ref alerts) || TryEvict(Rank.High, ref alerts) || TryEvict(Rank.Critical, ref alerts) || TryEvict(Rank.Own, ref alerts)))
        {
        }

        return alerts;
    }

    private long Waiting() => file.KeptBytes + file.Totals.Sum(static total => total.Bytes);

    private bool TryForget()
    {
        if (file.First > file.State.Acknowledged)
        {
            return false;
        }

        file.Forget(file.State.Acknowledged, file.KeptBytes);
        return true;
    }

    private bool TryEvict(Rank rank, ref long alerts)
    {
        if (file.Totals[(int)rank].Records == 0)
        {
            return false;
        }

        // What is older has been looked through.
        ulong after = Math.Max(_searchedTo[(int)rank], file.State.Sent);
        List<SpooledRecord> oldest = file.Oldest(rank, after, AtOnce);
        foreach (SpooledRecord record in oldest)
        {
            Evict(record);
            _searchedTo[(int)rank] = record.Place;
            alerts += record.IsAlert ? 1 : 0;
        }

        if (oldest.Count == 0)
        {
            _searchedTo[(int)rank] = file.State.Next - 1; // all that are left are sent
        }

        return oldest.Count > 0;
    }

    private void Evict(SpooledRecord record)
    {
        GapRecord gap = Gaps.InPlaceOf(record, Gaps.Evicted, time.GetUtcNow());
        if (file.Before(record.Place) is SpooledRecord before && GapIn(before) is GapRecord older)
        {
            gap = Gaps.Merge(older, gap);
            file.Remove(before);
        }

        if (file.Read(record.Place, 1, 0) is [var behind] && GapIn(behind) is GapRecord younger)
        {
            file.Remove(record);
            file.Replace(behind, SpooledRecord.OfGap(behind.Place, Gaps.Merge(gap, younger)));
        }
        else
        {
            file.Replace(record, SpooledRecord.OfGap(record.Place, gap));
        }
    }

    private GapRecord? GapIn(SpooledRecord record) => record.Rank == Rank.Evicted && record.Place > file.State.Sent ? record.Parse()?.Gap : null;
}
