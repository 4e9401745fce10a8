namespace Tallyman.Collector.Store;

/// <summary>Sound records of one stream, as rows. Where sequences are missing before <paramref name="NextSequence"/>, records were refused.</summary>
internal sealed record AgentBatch(
    StreamPlace Stream, ulong NextSequence, IReadOnlyList<AlertRow> Alerts, IReadOnlyList<GapRow> Gaps, IReadOnlyList<TrailRow> Trail);

/// <param name="Message">The whole alert; what stands beside it is what people search by.</param>
internal sealed record AlertRow(
    ulong Sequence, string Id, DateTimeOffset Time, string Host, string Tool, int Severity, int RiskScore, int SuspicionScore, byte[] Message);

internal sealed record GapRow(ulong Sequence, string Reason, ulong Count, bool CountIsExact, DateTimeOffset First, DateTimeOffset Last);

internal sealed record TrailRow(ulong Sequence, DateTimeOffset Time, string What, string Detail);
