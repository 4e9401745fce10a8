using Microsoft.Win32.SafeHandles;

namespace Tallyman.Agent.Native;

/// <summary>What tells one content of one file from another: a write or a replacement changes the change time or the inode.</summary>
internal readonly record struct FileStatus(ulong Inode, long ChangeSeconds, uint ChangeNanoseconds, bool IsRegular)
{
    private const int S_IFMT = 0xf000;
    private const int S_IFREG = 0x8000;

    /// <returns>Null if the file system does not say.</returns>
    public static unsafe FileStatus? Of(SafeFileHandle file)
    {
        LibC.Statx status;
        byte empty = 0;
        bool added = false;
        try
        {
            file.DangerousAddRef(ref added);
            return LibC.statx((int)file.DangerousGetHandle(), &empty, LibC.AT_EMPTY_PATH, LibC.STATX_BASIC_STATS, &status) == 0
                ? new FileStatus(status.stx_ino, status.stx_ctime.tv_sec, status.stx_ctime.tv_nsec, (status.stx_mode & S_IFMT) == S_IFREG)
                : null;
        }
        finally
        {
            if (added)
            {
                file.DangerousRelease();
            }
        }
    }
}
