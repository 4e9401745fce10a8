using System.Runtime.InteropServices;
using System.Text;

namespace Tallyman.Agent.Native;

/// <summary>Gives whatever has a name another one, be it a file, a directory or a link that leads nowhere. File.Move wants to know which.</summary>
internal static unsafe class FileRename
{
    private const int ENOENT = 2;

    /// <summary>Does nothing where there is nothing of that name.</summary>
    /// <exception cref="IOException">It cannot be done.</exception>
    public static void Move(string name, string other)
    {
        fixed (byte* from = Encoding.UTF8.GetBytes(name + '\0'), to = Encoding.UTF8.GetBytes(other + '\0'))
        {
            if (LibC.rename(from, to) == 0)
            {
                return;
            }
        }

        int error = Marshal.GetLastPInvokeError();
        if (error != ENOENT)
        {
            throw new IOException($"{name}: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }
}
