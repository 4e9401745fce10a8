using System.Threading.Channels;

namespace Tallyman.Agent.Alerts;

/// <summary>
/// Alerts as they are reported, for whoever looks on: standard output, "tallyman tail". Nobody who looks on holds anybody up.
/// Any thread may use it.
/// </summary>
internal sealed class AlertFeed
{
    public const int MostListeners = 16;
    public const int MostRecent = 100;
    private const long MostRecentBytes = 1024 * 1024;

    private readonly Lock _changing = new();
    private readonly List<AlertListener> _listeners = [];
    private readonly Queue<ReportedAlert> _recent = [];
    private long _recentBytes;

    public void Add(V1.Alert alert, ulong sequence)
    {
        var reported = new ReportedAlert(alert, sequence, alert.CalculateSize());
        lock (_changing)
        {
            _recent.Enqueue(reported);
            _recentBytes += reported.Bytes;
            while (_recent.Count > MostRecent || (_recentBytes > MostRecentBytes && _recent.Count > 1))
            {
                _recentBytes -= _recent.Dequeue().Bytes;
            }

            foreach (AlertListener listener in _listeners)
            {
                listener.Offer(reported);
            }
        }
    }

    /// <summary>From now on; and what came last before that.</summary>
    /// <param name="mostBytes">Of alerts that may wait for the listener.</param>
    /// <returns>Null if there are too many.</returns>
    public (AlertListener Listener, ReportedAlert[] Recent)? TryListen(long mostBytes)
    {
        lock (_changing)
        {
            if (_listeners.Count == MostListeners)
            {
                return null;
            }

            var listener = new AlertListener(mostBytes, Leave);
            _listeners.Add(listener);
            return (listener, [.. _recent]);
        }
    }

    private void Leave(AlertListener listener)
    {
        lock (_changing)
        {
            _listeners.Remove(listener);
        }
    }
}

/// <param name="Sequence">Its place among the records of this agent.</param>
internal readonly record struct ReportedAlert(V1.Alert Alert, ulong Sequence, int Bytes);

/// <summary>Alerts that wait for one who looks on. Who is too slow misses some, and can ask how many.</summary>
internal sealed class AlertListener(long mostBytes, Action<AlertListener> leave) : IDisposable
{
    private const int MostWaiting = 4096;

    private readonly Channel<ReportedAlert> _waiting = Channel.CreateBounded<ReportedAlert>(MostWaiting);
    private long _bytes;
    private ulong _missed;

    public void Offer(ReportedAlert reported)
    {
        if (Interlocked.Add(ref _bytes, reported.Bytes) > mostBytes || !_waiting.Writer.TryWrite(reported))
        {
            Interlocked.Add(ref _bytes, -reported.Bytes);
            Interlocked.Increment(ref _missed);
        }
    }

    /// <summary>Until <see cref="Complete"/>.</summary>
    public async IAsyncEnumerable<ReportedAlert> ReadAllAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel = default)
    {
        await foreach (ReportedAlert reported in _waiting.Reader.ReadAllAsync(cancel))
        {
            Interlocked.Add(ref _bytes, -reported.Bytes);
            yield return reported;
        }
    }

    /// <summary>How many it has missed since this was asked the last time.</summary>
    public ulong TakeMissed() => Interlocked.Exchange(ref _missed, 0);

    /// <summary>Nothing comes any more; what waits can still be read.</summary>
    public void Complete() => _waiting.Writer.TryComplete();

    public void Dispose()
    {
        leave(this);
        Complete();
    }
}
