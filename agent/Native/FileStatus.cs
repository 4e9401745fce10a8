using Microsoft.Win32.SafeHandles;

namespace Tallyman.Agent.Native;

/// <summary>What tells one content of one file from another: a write or a replacement changes the change time or the inode.</summary>
internal readonly record struct FileStatus(ulong Inode, long ChangeSeconds, uint ChangeNanoseconds, bool IsRegular)
{
    /// <returns>Null if the file system does not say.</returns>
    public static FileStatus? Of(SafeFileHandle file) => FileDetails.Of(file) is FileDetails details
        ? new FileStatus(details.Inode, details.ChangeSeconds, details.ChangeNanoseconds, details.IsRegular)
        : null;
}

/// <summary>What stat(2) says of an open file. Equal before and after it is read, its content has not changed meanwhile.</summary>
internal readonly record struct FileDetails(
    ulong Inode, uint Mode, uint Uid, uint Gid, ulong Size, long ModifySeconds, uint ModifyNanoseconds, long ChangeSeconds, uint ChangeNanoseconds)
{
    /// <summary>Of the file system: with the inode it tells one file from another.</summary>
    public ulong Device { get; init; }

    public bool IsRegular => (Mode & LibC.S_IFMT) == LibC.S_IFREG;

    public bool IsDirectory => (Mode & LibC.S_IFMT) == LibC.S_IFDIR;

    public bool IsSocket => (Mode & LibC.S_IFMT) == LibC.S_IFSOCK;

    /// <returns>Null if the file system does not say.</returns>
    public static unsafe FileDetails? Of(SafeFileHandle file)
    {
        LibC.Statx status;
        byte empty = 0;
        bool added = false;
        try
        {
            file.DangerousAddRef(ref added);
            return LibC.statx((int)file.DangerousGetHandle(), &empty, LibC.AT_EMPTY_PATH, LibC.STATX_BASIC_STATS, &status) == 0
                ? new FileDetails(
                    status.stx_ino, status.stx_mode, status.stx_uid, status.stx_gid, status.stx_size,
                    status.stx_mtime.tv_sec, status.stx_mtime.tv_nsec, status.stx_ctime.tv_sec, status.stx_ctime.tv_nsec)
                { Device = ((ulong)status.stx_dev_major << 32) | status.stx_dev_minor }
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
