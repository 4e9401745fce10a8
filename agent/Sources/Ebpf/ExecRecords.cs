using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Sources.Ebpf;

// The mirror of bpf/exec.h, whose comments say what each field is. Names are C's in C#'s spelling; a test has the C compiler
// compare sizes, offsets and values.

/// <summary>Sizes of bpf/exec.h, in bytes.</summary>
internal static class ExecSizes
{
    public const int Name = 16;
    public const int Chunk = 32 * 1024;
    public const int ArgvWhole = 2 * 1024 * 1024;
    public const int ArgvEnd = 1024 * 1024;
    public const int EnvironmentSent = 128 * 1024;
}

internal enum ExecRecord : ushort
{
    Head = 1,
    Chunk = 2,
}

internal enum ExecStream : ushort
{
    Argv = 1,
    Environment = 2,
}

internal enum ExecMatch : ushort
{
    None = 0,
    Name = 1,
    Entry = 2,
    Content = 3,
}

[Flags]
internal enum ExecFlags : uint
{
    Script = 1 << 0,
    ArgvUnread = 1 << 1,
    ArgvCut = 1 << 2,
    EnvironmentUnread = 1 << 3,
    EnvironmentCut = 1 << 4,
    ChunkLost = 1 << 5,
    FilenameCut = 1 << 6,
    ExecutableCut = 1 << 7,
    DirectoryCut = 1 << 8,
    RootCut = 1 << 9,
    CgroupCut = 1 << 10,
}

internal enum ProbeCounter : uint
{
    Seen,
    Ignored,
    SentWatched,
    SentUnknown,
    LostWatched,
    LostUnknown,
    LostChunks,
    FailedReads,
    Incomplete,
}

[StructLayout(LayoutKind.Sequential)]
internal readonly record struct RawExecKey(uint Tgid, uint Reserved, ulong StartBoottime, ulong SelfExecId)
{
    public ExecKey ToKey() => new(Tgid, StartBoottime, SelfExecId);
}

[StructLayout(LayoutKind.Sequential)]
internal readonly record struct FileKey(ulong Device, ulong Inode, long ChangeSeconds, uint ChangeNanoseconds, uint Reserved);

[InlineArray(ExecSizes.Name)]
internal struct CommName
{
    private byte _first;
}

/// <summary>struct exec_chunk without its data, which follows.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ExecChunk
{
    public ExecRecord Record;
    public ExecStream Stream;
    public uint Length;
    public ulong Offset;
    public ulong Total;
    public RawExecKey Key;
}

/// <summary>struct exec_head; its data follows.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ExecHead
{
    public ExecRecord Record;
    public ExecMatch Match;
    public uint Tool;
    public ulong Time;
    public RawExecKey Key;
    public FileKey File;
    public ulong FileSystem;
    public ulong ArgvLength;
    public ulong EnvironmentLength;
    public ulong Cgroup;
    public ExecFlags Flags;
    public uint Links;
    public uint Argc;
    public uint Pid;
    public uint Ppid;
    public uint Uid;
    public uint Euid;
    public uint Gid;
    public uint Loginuid;
    public uint Session;
    public uint PidNamespace;
    public uint MountNamespace;
    public uint UserNamespace;
    public CommName Comm;
    public CommName ParentComm;
    public CommName Tty;
    public uint Filename;
    public uint Executable;
    public uint Directory;
    public uint Root;
    public uint CgroupPath;
    public uint Argv;
    public uint Environment;
}
