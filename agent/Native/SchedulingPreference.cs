namespace Tallyman.Agent.Native;

internal static class SchedulingPreference
{
    private const int Nice = -10;

    /// <summary>
    /// Has the scheduler prefer the calling thread to others, if the process may ask for that (CAP_SYS_NICE). Under Linux a
    /// thread is what "process" means to setpriority(2), and 0 the caller.
    /// </summary>
    public static void Raise() => _ = LibC.setpriority(LibC.PRIO_PROCESS, 0, Nice);
}
