namespace Tallyman.Agent.Status;

/// <summary>What came of reading the configuration last, at the start or since. Any thread may use it.</summary>
public sealed class ReloadStatus(TimeProvider time)
{
    private volatile Outcome _last = new(true, time.GetUtcNow());

    /// <summary>Whether it was taken.</summary>
    public bool Succeeded => _last.Succeeded;

    /// <summary>When what is in force was taken.</summary>
    public DateTimeOffset Taken => _last.Taken;

    public void Tell(bool succeeded) => _last = new(succeeded, succeeded ? time.GetUtcNow() : _last.Taken);

    private sealed record Outcome(bool Succeeded, DateTimeOffset Taken);
}
