namespace Tallyman.Agent.Native;

/// <summary>The clock by which alerts have their times.</summary>
internal static class SystemClock
{
    private const int TIME_ERROR = 5; // adjtimex(2): the clock is not synchronised
    private const int TimexSize = 208;

    /// <returns>Null if the kernel does not say.</returns>
    public static unsafe bool? IsSynchronised()
    {
        byte* timex = stackalloc byte[TimexSize];
        new Span<byte>(timex, TimexSize).Clear(); // modes 0: it is only read
        int state = LibC.adjtimex(timex);
        return state < 0 ? null : state != TIME_ERROR;
    }
}
