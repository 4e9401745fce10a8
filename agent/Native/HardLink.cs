using System.Runtime.InteropServices;
using System.Text;

namespace Tallyman.Agent.Native;

/// <summary>A second name of a file: the one way to give a file its name only where nobody else has it.</summary>
internal static unsafe class HardLink
{
    private const int EEXIST = 17;

    /// <returns>False if there is something of that name.</returns>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static bool TryMake(string file, string name)
    {
        fixed (byte* from = Encoding.UTF8.GetBytes(file + '\0'), to = Encoding.UTF8.GetBytes(name + '\0'))
        {
            if (LibC.link(from, to) == 0)
            {
                return true;
            }
        }

        int error = Marshal.GetLastPInvokeError();
        return error == EEXIST ? false : throw new IOException($"{name}: {Marshal.GetPInvokeErrorMessage(error)}");
    }
}
