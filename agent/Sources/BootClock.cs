using Tallyman.Agent.Native;

namespace Tallyman.Agent.Sources;

/// <summary>Turns the kernel's time since boot, time asleep included, into dates.</summary>
internal sealed class BootClock(TimeProvider time)
{
    /// <summary>When an instant was that the kernel gives as nanoseconds since boot. The host's clock may have been set since, so it is asked anew.</summary>
    public DateTimeOffset At(ulong nanoseconds) => time.GetUtcNow() - TimeSpan.FromTicks(((long)BootTime.Nanoseconds() - (long)nanoseconds) / 100);

    /// <summary>The other way round; never after now.</summary>
    public ulong NanosecondsAt(DateTimeOffset instant)
    {
        ulong now = BootTime.Nanoseconds();
        ulong ago = (ulong)Math.Max(0, (time.GetUtcNow() - instant).Ticks * 100);
        return now - Math.Min(now, ago);
    }
}
