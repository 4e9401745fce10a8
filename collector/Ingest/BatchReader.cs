using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tallyman.Collector.Store;
using Tallyman.Grpc;
using Tallyman.V1;

namespace Tallyman.Collector.Ingest;

/// <summary>A batch as it came -> rows to be stored, and records to be refused.</summary>
internal static class BatchReader
{
    private const int MostRecords = 512;

    /// <summary>Columns beside the message are for searching; longer ones are cut there and nowhere else.</summary>
    private const int LongestColumn = 256;

    /// <exception cref="GrpcException">It is no batch that an agent may send.</exception>
    public static AgentBatch Read(StreamPlace stream, Batch batch, ulong expected, List<Nack> refused)
    {
        if (batch.Records.Count == 0)
        {
            throw new GrpcException(StatusCode.InvalidArgument, "a batch must have records, has none");
        }

        // A gap stands for all places up to its own that have not come.
        if (batch.FirstSeq != expected && !(batch.FirstSeq > expected && batch.Records[0].Gap is not null))
        {
            throw new GrpcException(
                StatusCode.FailedPrecondition, $"the batch must begin with record {expected}, or with a gap for what is missing, begins with {batch.FirstSeq}");
        }

        if (batch.Records.Count > MostRecords)
        {
            throw new GrpcException(StatusCode.InvalidArgument, $"a batch may have {MostRecords} records, has {batch.Records.Count}");
        }

        var alerts = new List<AlertRow>(batch.Records.Count);
        var gaps = new List<GapRow>();
        var trail = new List<TrailRow>();
        ulong sequence = batch.FirstSeq;
        foreach (Record record in batch.Records)
        {
            if (RecordCheck.FlawOf(record) is string flaw)
            {
                refused.Add(new Nack { Seq = sequence, Detail = flaw });
            }
            else if (record.Alert is Alert alert)
            {
                alerts.Add(Row(sequence, alert));
            }
            else if (record.Gap is GapRecord gap)
            {
                gaps.Add(new GapRow(sequence, Column(gap.Reason), gap.Count, gap.CountIsExact, TimeOf(gap.First), TimeOf(gap.Last)));
            }
            else
            {
                trail.Add(new TrailRow(sequence, TimeOf(record.Trail.Time), Column(record.Trail.What), Column(record.Trail.Detail)));
            }

            sequence++;
        }

        return new AgentBatch(stream, sequence, alerts, gaps, trail);
    }

    /// <summary>Text that every database takes: PostgreSQL knows no NUL, and no half of a character.</summary>
    public static string Column(string text)
    {
        int length = Math.Min(text.Length, LongestColumn);
        length -= length < text.Length && char.IsHighSurrogate(text[length - 1]) ? 1 : 0;
        return text[..length].Replace('\0', '\ufffd');
    }

    private static AlertRow Row(ulong sequence, Alert alert) => new(
        sequence,
        alert.Id,
        TimeOf(alert.Time),
        Column(alert.Host?.Name ?? ""),
        Column(alert.CommandLine.Tool),
        (short)alert.Scores.Severity,
        (int)Math.Min(alert.Scores.RiskScore, int.MaxValue),
        (int)Math.Min(alert.Scores.SuspicionScore, int.MaxValue),
        alert.ToByteArray());

    private static DateTimeOffset TimeOf(Timestamp? time) => time?.ToDateTimeOffset() ?? DateTimeOffset.UnixEpoch;
}
