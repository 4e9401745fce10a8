using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Tallyman.Agent.Native;

/// <summary>Executions that name no file: fexecve(3) of one that is open, memfd_create(2).</summary>
internal static unsafe class ExecutableMemory
{
    private const uint MFD_CLOEXEC = 1;

    /// <summary>A file that is in no file system.</summary>
    /// <param name="name">What /proc shows of it.</param>
    /// <exception cref="Win32Exception">The kernel does not make one.</exception>
    public static SafeFileHandle Create(string name)
    {
        fixed (byte* bytes = Encoding.UTF8.GetBytes(name + '\0'))
        {
            int file = LibC.memfd_create(bytes, MFD_CLOEXEC);
            return file >= 0 ? new SafeFileHandle(file, ownsHandle: true) : throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>This process becomes that program; there is no way back.</summary>
    /// <exception cref="Win32Exception">The kernel does not execute it.</exception>
    public static void Execute(SafeFileHandle file, IReadOnlyList<string> argv)
    {
        nint[] pointers = [.. argv.Select(Marshal.StringToCoTaskMemUTF8), 0];
        nint none = 0;
        fixed (nint* arguments = pointers)
        {
            _ = LibC.fexecve((int)file.DangerousGetHandle(), arguments, &none); // execveat(2), where the kernel has it
        }

        throw new Win32Exception(Marshal.GetLastPInvokeError());
    }
}
