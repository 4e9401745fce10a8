namespace Tallyman.Agent.Delivery;

/// <summary>What is sent and not acknowledged yet: so much and no more. The sender adds, the reader takes away.</summary>
internal sealed class InflightWindow(ulong mostBytes)
{
    /// <summary>What a collector may ask for, in bytes; a batch is a quarter of the most at most.</summary>
    private const ulong Least = 64 * 1024;
    private const ulong Most = 4 * 1024 * 1024;
    private const ulong Unless = 1024 * 1024;

    private readonly long _most = (long)(mostBytes == 0 ? Unless : Math.Clamp(mostBytes, Least, Most));
    private readonly Queue<(ulong Last, long Bytes)> _batches = [];
    private TaskCompletionSource _changed = New();
    private long _bytes;

    /// <summary>The last record that was sent.</summary>
    public ulong SentUpTo { get; private set; }

    /// <summary>Completes when there may be room again.</summary>
    public Task Changed
    {
        get
        {
            lock (_batches)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>One batch always has room.</summary>
    public bool HasRoomFor(long bytes)
    {
        lock (_batches)
        {
            return _batches.Count == 0 || _bytes + bytes <= _most;
        }
    }

    public void Add(ulong last, long bytes)
    {
        lock (_batches)
        {
            _batches.Enqueue((last, bytes));
            _bytes += bytes;
            SentUpTo = last;
        }
    }

    /// <returns>False for what was never sent.</returns>
    public bool TryAcknowledge(ulong upTo)
    {
        lock (_batches)
        {
            if (upTo > SentUpTo)
            {
                return false;
            }

            while (_batches.TryPeek(out var oldest) && oldest.Last <= upTo)
            {
                _bytes -= oldest.Bytes;
                _batches.Dequeue();
            }

            _changed.TrySetResult();
            _changed = New();
            return true;
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
