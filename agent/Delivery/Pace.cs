namespace Tallyman.Agent.Delivery;

/// <summary>How fast a collector wants to have records. It is asked and never waits itself; one sender asks, any thread may set it.</summary>
internal sealed class Pace(TimeProvider time)
{
    private const ulong LeastBytesPerSecond = 1024;
    private static readonly TimeSpan LongestHold = TimeSpan.FromMinutes(5);

    private readonly Lock _sync = new();
    private readonly long _start = time.GetTimestamp();
    private TimeSpan _free; // when the next may go, since the start
    private ulong _bytesPerSecond;

    /// <param name="bytesPerSecond">0 for as fast as it goes.</param>
    /// <param name="hold">Nothing at all for so long.</param>
    public void Set(ulong bytesPerSecond, TimeSpan hold)
    {
        lock (_sync)
        {
            _bytesPerSecond = bytesPerSecond == 0 ? 0 : Math.Max(bytesPerSecond, LeastBytesPerSecond);
            _free = Now + (hold < LongestHold ? hold : LongestHold);
        }
    }

    /// <returns>How long to wait; zero if it may go now.</returns>
    public TimeSpan Wait()
    {
        lock (_sync)
        {
            return _free > Now ? _free - Now : TimeSpan.Zero;
        }
    }

    public void Sent(long bytes)
    {
        lock (_sync)
        {
            if (_bytesPerSecond > 0)
            {
                _free = Now + TimeSpan.FromSeconds(bytes / (double)_bytesPerSecond);
            }
        }
    }

    private TimeSpan Now => time.GetElapsedTime(_start);
}
