using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tallyman.Agent.Native;

/// <summary>What the C library has and .NET has not. The place for Tmds.LibC when that package can be had.</summary>
internal static unsafe partial class LibC
{
    private const string Library = "libc";

    public const int AT_EMPTY_PATH = 0x1000;
    public const uint STATX_BASIC_STATS = 0x7ff;

    public const int CLOCK_BOOTTIME = 7;
    public const int PRIO_PROCESS = 0;

    public const int O_NOCTTY = 0x100;
    public const int O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000;
    public const int O_PATH = 0x200000;
    public const ulong RESOLVE_NO_MAGICLINKS = 0x02;
    public const ulong RESOLVE_IN_ROOT = 0x10;
    public const uint S_IFMT = 0xf000;
    public const uint S_IFREG = 0x8000;
    public const uint S_IFDIR = 0x4000;
    public const uint S_IFSOCK = 0xc000;
    public const byte DT_DIR = 4;

    public const uint _LINUX_CAPABILITY_VERSION_3 = 0x20080522;
    public const int CAP_DAC_OVERRIDE = 1;
    public const int CAP_DAC_READ_SEARCH = 2;

    public const int AF_NETLINK = 16;
    public const int SOCK_RAW = 3;
    public const int SOCK_CLOEXEC = 0x80000;
    public const int NETLINK_AUDIT = 9;
    public const int SOL_SOCKET = 1;
    public const int SO_RCVTIMEO = 20;

    public const int PROT_READ = 1;
    public const int MAP_SHARED = 1;
    public const nint MAP_FAILED = -1;

    public const int EPERM = 1;
    public const int EINTR = 4;
    public const int EAGAIN = 11;
    public const int EACCES = 13;
    public const int ENOSYS = 38;
    public const int ELOOP = 40;

    /// <summary>Numbers of system calls that the C library has no function for, or none for a single thread.</summary>
    public const int SYS_openat2 = 437;
    public static readonly int SYS_setgroups = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 116 : 159; // asm-generic
    public static readonly int SYS_getdents64 = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 217 : 61;

    [LibraryImport(Library)]
    internal static partial int vsnprintf(byte* buffer, nuint size, byte* format, nint arguments);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int statx(int directory, byte* path, int flags, uint mask, Statx* result);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int clock_gettime(int clock, Timespec* time);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int adjtimex(byte* timex);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int setpriority(int which, uint who, int priority);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int socket(int family, int type, int protocol);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int setsockopt(SafeFileHandle socket, int level, int option, Timespec* value, uint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint send(SafeFileHandle socket, byte* bytes, nuint length, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint recv(SafeFileHandle socket, byte* bytes, nuint length, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint mmap(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int munmap(nint address, nuint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int open(byte* path, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int lchown(byte* path, uint owner, uint group);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int link(byte* file, byte* name);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int memfd_create(byte* name, uint flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fexecve(int file, nint* arguments, nint* environment);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int rename(byte* name, byte* other);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint syscall(nint number, nint argument0, nint argument1, nint argument2, nint argument3);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fstatfs(int file, Statfs* result);

    [LibraryImport(Library)]
    internal static partial int setfsuid(uint uid);

    [LibraryImport(Library)]
    internal static partial int setfsgid(uint gid);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int getgroups(int size, uint* groups);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int capget(CapabilityHeader* header, CapabilityData* data);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int capset(CapabilityHeader* header, CapabilityData* data);

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

    /// <summary>struct open_how of linux/openat2.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct OpenHow
    {
        public ulong flags;
        public ulong mode;
        public ulong resolve;
    }

    /// <summary>struct statfs: the magic number comes first on all architectures that .NET runs on; the rest is not read.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    internal struct Statfs
    {
        public nint f_type;
    }

    /// <summary>struct __user_cap_header_struct; a pid of 0 is the calling thread.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct CapabilityHeader
    {
        public uint version;
        public int pid;
    }

    /// <summary>struct __user_cap_data_struct, of which version 3 takes two: capabilities 0 to 31, and the others.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct CapabilityData
    {
        public uint effective;
        public uint permitted;
        public uint inheritable;
    }
}
