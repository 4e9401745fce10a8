using System.Runtime.InteropServices;
using System.Text;

namespace Tallyman.Agent.Native;

/// <summary>To whom a file belongs.</summary>
internal static unsafe class FileOwner
{
    private const uint Unchanged = uint.MaxValue;

    /// <exception cref="IOException">This user may not give it to that group, or the file system has no groups.</exception>
    public static void SetGroup(string path, uint group)
    {
        fixed (byte* bytes = Encoding.UTF8.GetBytes(path + '\0'))
        {
            if (LibC.lchown(bytes, Unchanged, group) != 0)
            {
                throw new IOException($"{path} cannot be given to group {group}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
            }
        }
    }
}
