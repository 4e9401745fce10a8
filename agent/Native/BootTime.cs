namespace Tallyman.Agent.Native;

/// <summary>Time since the host booted, time asleep included: what the kernel stamps executions with.</summary>
internal static class BootTime
{
    public static unsafe ulong Nanoseconds()
    {
        LibC.Timespec time;
        return LibC.clock_gettime(LibC.CLOCK_BOOTTIME, &time) == 0
            ? ((ulong)time.tv_sec * 1_000_000_000) + (ulong)time.tv_nsec
            : throw new InvalidOperationException("the kernel has no CLOCK_BOOTTIME, which came with Linux 2.6.39");
    }
}
