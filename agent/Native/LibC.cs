using System.Runtime.InteropServices;

namespace Tallyman.Agent.Native;

/// <summary>What the C library has and .NET has not. The place for Tmds.LibC when that package can be had.</summary>
internal static unsafe partial class LibC
{
    private const string Library = "libc";

    public const int AT_EMPTY_PATH = 0x1000;
    public const uint STATX_BASIC_STATS = 0x7ff;

    public const int CLOCK_BOOTTIME = 7;
    public const int PRIO_PROCESS = 0;

    public const int EPERM = 1;
    public const int EINTR = 4;
    public const int EACCES = 13;

    [LibraryImport(Library)]
    internal static partial int vsnprintf(byte* buffer, nuint size, byte* format, nint arguments);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int statx(int directory, byte* path, int flags, uint mask, Statx* result);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int clock_gettime(int clock, Timespec* time);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int setpriority(int which, uint who, int priority);

    [StructLayout(LayoutKind.Sequential)]
    internal struct Timespec
    {
        public nint tv_sec;
        public nint tv_nsec;
    }

    /// <summary>struct statx of linux/stat.h, alike on all architectures; 256 bytes.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    internal struct Statx
    {
        public uint stx_mask;
        public uint stx_blksize;
        public ulong stx_attributes;
        public uint stx_nlink;
        public uint stx_uid;
        public uint stx_gid;
        public ushort stx_mode;
        public ushort __spare0;
        public ulong stx_ino;
        public ulong stx_size;
        public ulong stx_blocks;
        public ulong stx_attributes_mask;
        public StatxTimestamp stx_atime;
        public StatxTimestamp stx_btime;
        public StatxTimestamp stx_ctime;
        public StatxTimestamp stx_mtime;
        public uint stx_rdev_major;
        public uint stx_rdev_minor;
        public uint stx_dev_major;
        public uint stx_dev_minor;
    }

    [StructLayout(LayoutKind.Sequential, Size = 16)]
    internal struct StatxTimestamp
    {
        public long tv_sec;
        public uint tv_nsec;
    }
}
