using System.ComponentModel;
using System.Diagnostics;

namespace Tallyman.Agent.Sources;

/// <summary>An execution of the agent's own, which a source that works must see.</summary>
internal static class Marker
{
    private static readonly string[] Programs = ["/bin/true", "/usr/bin/true", "/bin/busybox"];

    /// <returns>False if there was nothing to execute.</returns>
    public static bool TryExecute()
    {
        try
        {
            if (Array.Find(Programs, File.Exists) is not string program)
            {
                return false;
            }

            using Process process = Process.Start(new ProcessStartInfo(program, ["tallyman-marker"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.WaitForExit();
            return true;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
