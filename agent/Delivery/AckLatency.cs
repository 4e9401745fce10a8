using Tallyman.Agent.Status;
using Tallyman.V1;

namespace Tallyman.Agent.Delivery;

/// <summary>Measures from execution to acknowledgement. The sender adds, the reader takes away; the window bounds how many are between.</summary>
internal sealed class AckLatency(Histogram histogram, TimeProvider time)
{
    private readonly Queue<(ulong Sequence, DateTimeOffset Time)> _sent = [];

    public void Sent(ulong first, IReadOnlyList<Record> records)
    {
        lock (_sent)
        {
            for (int i = 0; i < records.Count; i++)
            {
                if (records[i].Alert?.Time is { } exec)
                {
                    _sent.Enqueue((first + (ulong)i, exec.ToDateTimeOffset()));
                }
            }
        }
    }

    public void Acknowledged(ulong upTo)
    {
        DateTimeOffset now = time.GetUtcNow();
        lock (_sent)
        {
            while (_sent.TryPeek(out var oldest) && oldest.Sequence <= upTo)
            {
                histogram.Add(Math.Max(0, (now - oldest.Time).TotalSeconds)); // clocks are set
                _sent.Dequeue();
            }
        }
    }
}
