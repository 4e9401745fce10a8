namespace Tallyman.Collector.Store;

/// <summary>Sound records of one stream, as rows. Where sequences are missing before <paramref name="NextSequence"/>, records were refused.</summary>
internal sealed record AgentBatch(
    StreamPlace Stream, ulong NextSequence, IReadOnlyList<AlertRow> Alerts, IReadOnlyList<GapRow> Gaps, IReadOnlyList<TrailRow> Trail)
{
    public int Count => Alerts.Count + Gaps.Count + Trail.Count;

    /// <summary>The place of the row with as many before it as behind it.</summary>
    public ulong Middle =>
        Alerts.Select(static row => row.Sequence).Concat(Gaps.Select(static row => row.Sequence)).Concat(Trail.Select(static row => row.Sequence)).Order().ElementAt(Count / 2);

    /// <summary>Its rows before a place, as if no others had come yet.</summary>
    public AgentBatch Before(ulong sequence) => Where(row => row < sequence) with { NextSequence = sequence };

    /// <summary>Its rows from a place on.</summary>
    public AgentBatch From(ulong sequence) => Where(row => row >= sequence);

    private AgentBatch Where(Func<ulong, bool> isIn) => this with
    {
        Alerts = [.. Alerts.Where(row => isIn(row.Sequence))],
        Gaps = [.. Gaps.Where(row => isIn(row.Sequence))],
        Trail = [.. Trail.Where(row => isIn(row.Sequence))],
    };
}

/// <param name="Message">The whole alert; what stands beside it is what people search by.</param>
internal sealed record AlertRow(
    ulong Sequence, string Id, DateTimeOffset Time, string Host, string Tool, int Severity, int RiskScore, int SuspicionScore, byte[] Message);

internal sealed record GapRow(ulong Sequence, string Reason, ulong Count, bool CountIsExact, DateTimeOffset First, DateTimeOffset Last);

internal sealed record TrailRow(ulong Sequence, DateTimeOffset Time, string What, string Detail);
