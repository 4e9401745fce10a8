using System.Runtime.InteropServices;
using System.Text;

namespace Tallyman.Agent.Native;

/// <summary>To whom a file belongs.</summary>
internal static unsafe class FileOwner
{
    private const uint Unchanged = uint.MaxValue;

    /// <exception cref="IOException">This user may not give it to that group, or the file system has no groups.</exception>
    public static void SetGroup(string path, uint group) => Give(path, Unchanged, group, $"group {group}");

    /// <exception cref="IOException">This user may not give it away, or the file system has no owners.</exception>
    public static void SetUser(string path, uint user) => Give(path, user, Unchanged, $"user {user}");

    private static void Give(string path, uint user, uint group, string whom)
    {
        fixed (byte* bytes = Encoding.UTF8.GetBytes(path + '\0'))
        {
            if (LibC.lchown(bytes, user, group) != 0)
            {
                throw new IOException($"{path} cannot be given to {whom}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
            }
        }
    }
}
