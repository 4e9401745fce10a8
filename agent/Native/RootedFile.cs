using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Tallyman.Agent.Native;

/// <summary>
/// Opens files below a directory that is not left whatever the path says, "..", absolute links and those of /proc included.
/// Two steps: a file is found without being opened, so that it can be looked at first (to open a device or a FIFO does
/// something), and what was found is what is opened then.
/// </summary>
internal static unsafe class RootedFile
{
    private const int MostAttempts = 32;

    /// <summary>A directory that files are found below. Links of /proc, such as /proc/PID/root, are followed.</summary>
    /// <returns>Null if there is none, or if it may not be looked at.</returns>
    public static SafeFileHandle? OpenRoot(string path)
    {
        fixed (byte* bytes = Terminated(Encoding.UTF8.GetBytes(path)))
        {
            int file = LibC.open(bytes, LibC.O_PATH | LibC.O_CLOEXEC);
            return file < 0 ? null : new SafeFileHandle(file, ownsHandle: true);
        }
    }

    /// <param name="path">Without NUL. If a directory of it is renamed meanwhile, the kernel asks for another attempt.</param>
    /// <param name="error">errno, where the answer is null; ENOSYS before Linux 5.6.</param>
    public static SafeFileHandle? Find(SafeFileHandle root, ReadOnlySpan<byte> path, out int error)
    {
        var how = new LibC.OpenHow
        {
            flags = LibC.O_PATH | LibC.O_CLOEXEC,
            resolve = LibC.RESOLVE_IN_ROOT | LibC.RESOLVE_NO_MAGICLINKS,
        };
        fixed (byte* bytes = Terminated(path))
        {
            bool added = false;
            try
            {
                root.DangerousAddRef(ref added);
                nint file;
                int attempts = 0;
                do
                {
                    file = LibC.syscall(LibC.SYS_openat2, root.DangerousGetHandle(), (nint)bytes, (nint)(&how), sizeof(LibC.OpenHow));
                    error = file < 0 ? Marshal.GetLastPInvokeError() : 0;
                }
                while (error == LibC.EAGAIN && ++attempts < MostAttempts);
                return file < 0 ? null : new SafeFileHandle(file, ownsHandle: true);
            }
            finally
            {
                if (added)
                {
                    root.DangerousRelease();
                }
            }
        }
    }

    /// <summary>Opens for reading what <see cref="Find"/> has found.</summary>
    public static SafeFileHandle? Open(SafeFileHandle found, out int error)
    {
        bool added = false;
        try
        {
            found.DangerousAddRef(ref added);
            string link = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{found.DangerousGetHandle()}");
            fixed (byte* bytes = Terminated(Encoding.UTF8.GetBytes(link)))
            {
                int file = LibC.open(bytes, LibC.O_NONBLOCK | LibC.O_NOCTTY | LibC.O_CLOEXEC);
                error = file < 0 ? Marshal.GetLastPInvokeError() : 0;
                return file < 0 ? null : new SafeFileHandle(file, ownsHandle: true);
            }
        }
        finally
        {
            if (added)
            {
                found.DangerousRelease();
            }
        }
    }

    private static byte[] Terminated(ReadOnlySpan<byte> path) => [.. path, 0];
}
