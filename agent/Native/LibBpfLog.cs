using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Tallyman.Agent.Native;

/// <summary>Keeps the end of what libbpf says instead of having it on stderr, to be told when something fails.</summary>
internal static unsafe class LibBpfLog
{
    private const int Kept = 8 * 1024;
    private static readonly Lock Sync = new();
    private static readonly StringBuilder Text = new();

    public static void Capture() => LibBpf.libbpf_set_print(&Print);

    public static string Take()
    {
        lock (Sync)
        {
            string text = Text.ToString();
            Text.Clear();
            return text;
        }
    }

    [UnmanagedCallersOnly]
    private static int Print(int level, byte* format, nint arguments)
    {
        const int Warning = 0;
        if (level > Warning)
        {
            return 0;
        }

        Span<byte> line = stackalloc byte[1024];
        int length = LibC.vsnprintf((byte*)Unsafe.AsPointer(ref line[0]), (nuint)line.Length, format, arguments);
        lock (Sync)
        {
            Text.Append(Encoding.UTF8.GetString(line[..Math.Clamp(length, 0, line.Length - 1)]));
            if (Text.Length > Kept)
            {
                Text.Remove(0, Text.Length - Kept);
            }
        }

        return 0;
    }
}
