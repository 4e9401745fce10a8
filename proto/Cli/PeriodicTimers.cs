namespace Tallyman.Cli;

/// <summary>Timers of services that end by being told to.</summary>
public static class PeriodicTimers
{
    /// <returns>False when it is time to stop.</returns>
    public static Task<bool> TicksAsync(this PeriodicTimer timer, CancellationToken stopping) =>
        timer.WaitForNextTickAsync(stopping).AsTask().ContinueWith(static tick => tick.IsCompletedSuccessfully, TaskScheduler.Default);
}
