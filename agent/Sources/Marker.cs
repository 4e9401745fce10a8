using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Tallyman.Agent.Model;
using Tallyman.Agent.Native;

namespace Tallyman.Agent.Sources;

/// <summary>An execution of the agent's own, which a source that works must see.</summary>
internal static class Marker
{
    /// <summary>Its argument, which no other execution since the host booted has.</summary>
    public static string Word { get; } = string.Create(CultureInfo.InvariantCulture, $"tallyman-marker-{BootTime.Nanoseconds():x}");

    private static readonly string[] Programs = ["/bin/true", "/usr/bin/true", "/bin/busybox"];

    private static byte[] WordBytes { get; } = Encoding.ASCII.GetBytes(Word);

    public static bool Is(Argv argv) => argv.Count == 2 && argv[1].SequenceEqual(WordBytes);

    /// <returns>False if there was nothing to execute.</returns>
    public static bool TryExecute()
    {
        try
        {
            if (Array.Find(Programs, File.Exists) is not string program)
            {
                return false;
            }

            using Process process = Process.Start(new ProcessStartInfo(program, [Word]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.WaitForExit();
            return true;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
