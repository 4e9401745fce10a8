namespace Tallyman.Agent.Tests;

/// <summary>A clock that goes on only where the test says so, and its timers with it.</summary>
internal sealed class ClockByHand : TimeProvider
{
    private readonly List<Timer> _timers = [];
    private TimeSpan _now = TimeSpan.FromSeconds(1);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now.Ticks;

    public override DateTimeOffset GetUtcNow() => Some.Time + _now;

    /// <summary>Timers that are due meanwhile have their turn at their time, in this thread.</summary>
    public void Advance(TimeSpan by)
    {
        TimeSpan end = _now + by;
        while (Due(end) is Timer timer)
        {
            _now = timer.Next!.Value;
            timer.Fire();
        }

        _now = end;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        lock (_timers)
        {
            _timers.Add(timer);
        }

        return timer;
    }

    private Timer? Due(TimeSpan end)
    {
        lock (_timers)
        {
            return _timers.Where(timer => timer.Next <= end).MinBy(static timer => timer.Next);
        }
    }

    private sealed class Timer(ClockByHand clock, Action callback) : ITimer
    {
        private TimeSpan _period;

        public TimeSpan? Next { get; private set; }

        public void Fire()
        {
            Next = _period > TimeSpan.Zero ? Next + _period : null;
            callback();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            (Next, _period) = (dueTime < TimeSpan.Zero ? null : clock._now + dueTime, period);
            return true;
        }

        public void Dispose() => Next = null;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
