using System.Runtime.InteropServices;

namespace Tallyman.Cli;

/// <summary>Ctrl-C at programs that have something to finish: the first one ends them, a second one at once.</summary>
public static class Interrupts
{
    /// <returns>To be disposed when the program ends anyway.</returns>
    public static IDisposable EndAtTheSecond()
    {
        int interrupts = 0;
        return PosixSignalRegistration.Create(PosixSignal.SIGINT, _ =>
        {
            if (Interlocked.Increment(ref interrupts) == 2)
            {
                Environment.Exit(ExitCode.Interrupted);
            }
        });
    }
}
