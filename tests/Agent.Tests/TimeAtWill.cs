namespace Tallyman.Agent.Tests;

/// <summary>Waits end when the test says so, and not before however slow the machine is.</summary>
internal sealed class TimeAtWill : TimeProvider
{
    private Action? _wait;

    /// <summary>Ends the last wait.</summary>
    public void Pass() => _wait!();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _wait = () => callback(state);
        return System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, period);
    }
}
