using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.Local;

namespace Tallyman.Agent;

/// <summary>
/// Alerts for "tallyman tail": V1.Batch after V1.Batch, each with its length before it and one record in it. First the last ones,
/// then one without any, then each as it is reported; a gap where the client was too slow.
/// </summary>
internal sealed class AlertStream : ILocalStream
{
    public const string Path = "/tail";
    public const string MissedReason = "tail_too_slow";

    private const long MostWaitingBytes = 4 * 1024 * 1024;

    private readonly AlertListener _alerts;
    private readonly ReportedAlert[] _recent;
    private readonly TimeProvider _time;

    private AlertStream(AlertListener alerts, ReportedAlert[] recent, TimeProvider time) => (_alerts, _recent, _time) = (alerts, recent, time);

    /// <returns>Null if too many look on.</returns>
    public static AlertStream? TryOpen(AlertFeed feed, TimeProvider time) =>
        feed.TryListen(MostWaitingBytes) is (AlertListener alerts, ReportedAlert[] recent) ? new AlertStream(alerts, recent, time) : null;

    public async Task WriteAsync(Stream client, CancellationToken cancel)
    {
        foreach (ReportedAlert reported in _recent)
        {
            await WriteAsync(client, reported.Sequence, new V1.Record { Alert = reported.Alert }, cancel);
        }

        await WriteAsync(client, 0, null, cancel);
        await foreach (ReportedAlert reported in _alerts.ReadAllAsync(cancel))
        {
            await WriteAsync(client, reported.Sequence, new V1.Record { Alert = reported.Alert }, cancel);
            if (_alerts.TakeMissed() is ulong missed and > 0)
            {
                var now = Timestamp.FromDateTimeOffset(_time.GetUtcNow());
                await WriteAsync(client, 0, new V1.Record { Gap = new V1.GapRecord { Reason = MissedReason, Count = missed, First = now, Last = now, CountIsExact = true } }, cancel);
            }
        }
    }

    public void Dispose() => _alerts.Dispose();

    private static async Task WriteAsync(Stream client, ulong sequence, V1.Record? record, CancellationToken cancel)
    {
        var batch = new V1.Batch { FirstSeq = sequence };
        if (record is not null)
        {
            batch.Records.Add(record);
        }

        var bytes = new MemoryStream();
        batch.WriteDelimitedTo(bytes);
        await client.WriteAsync(bytes.GetBuffer().AsMemory(0, (int)bytes.Length), cancel);
    }
}
