namespace Tallyman.Agent.Status;

/// <summary>When the configuration was read last, whether it was taken or not. One loop tells; any thread may ask.</summary>
public sealed class ReloadStatus(TimeProvider time)
{
    private long _read = time.GetUtcNow().UtcTicks;

    public DateTimeOffset LastRead => new(Interlocked.Read(ref _read), TimeSpan.Zero);

    public void Read() => Interlocked.Exchange(ref _read, time.GetUtcNow().UtcTicks);
}
