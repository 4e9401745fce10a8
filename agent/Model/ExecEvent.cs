using System.Collections.Immutable;
using Tallyman.Rendering;

namespace Tallyman.Agent.Model;

/// <summary>One execution, unique on a host until it boots again.</summary>
/// <param name="StartBoottime">When the process began, in nanoseconds since boot, time asleep included.</param>
/// <param name="SelfExecId">Grows with each execution in the process.</param>
public readonly record struct ExecKey(uint Tgid, ulong StartBoottime, ulong SelfExecId);

/// <summary>The kernel's audit event that told of an execution: its time with the serial is unique on a host.</summary>
/// <param name="Node">The host as its log names it; empty if it does not.</param>
/// <param name="Milliseconds">Since 1970.</param>
public sealed record AuditId(string Node, long Milliseconds, ulong Serial);

/// <summary>How it was found out which program an execution runs.</summary>
public enum IdentifiedBy
{
    /// <summary>The base name of the file that was asked for.</summary>
    Name,

    /// <summary>The name of the executable's own directory entry.</summary>
    Entry,

    /// <summary>What the file contains.</summary>
    Content,
}

/// <summary>A program that was started on the host. Numbers are those of the host's initial namespaces.</summary>
public sealed record ExecEvent
{
    public required ExecKey Key { get; init; }

    /// <summary>Null for what the audit log has not told of. With it, the key has the start of the process only where that could be learnt.</summary>
    public AuditId? Audit { get; init; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>ebpf, auditd or replay.</summary>
    public required string Source { get; init; }

    public required Argv Argv { get; init; }

    /// <summary>How many arguments there are, whatever was read of them.</summary>
    public uint Argc { get; init; }

    /// <summary>Bytes of argv that are there and could not be read.</summary>
    public long MissingBytes { get; init; }

    /// <summary>The program that was recognised.</summary>
    public required Executable Program { get; init; }

    public IdentifiedBy IdentifiedBy { get; init; }

    /// <summary>Where the program is the dynamic loader: which tool it was told to run, by content; null if that has a tool's name, or is none.</summary>
    public Executable? Loaded { get; init; }

    /// <summary>As it was asked for; may be relative, a link, or a name below /dev/fd.</summary>
    public HostText FileName { get; init; }

    /// <summary>Path of the file that runs, in the mount namespace of the process.</summary>
    public HostText Executable { get; init; }

    /// <summary>Of the executable, where the source says that and not the mount namespace: who sees it at its path sees what the process saw.</summary>
    public ulong? ExecutableInode { get; init; }

    /// <summary>Names that lead to the executable, 0 if there is none any more or never was.</summary>
    public uint Links { get; init; } = 1;

    /// <summary>Current directory as the process itself sees it, below its root.</summary>
    public HostText Directory { get; init; }

    /// <summary>The root directory of the process in its mount namespace; "/" for all but a few.</summary>
    public HostText Root { get; init; }

    public HostText Cgroup { get; init; }

    public HostText Comm { get; init; }

    public HostText ParentComm { get; init; }

    /// <summary>The variables that change what the tools do; others are not kept.</summary>
    public ImmutableDictionary<string, HostText> Environment { get; init; } = ImmutableDictionary<string, HostText>.Empty;

    /// <summary>It was running already when the agent started, so that argv is what the process says itself.</summary>
    public bool SeenAtStart { get; init; }

    public uint Pid { get; init; }

    public uint ParentPid { get; init; }

    public uint Uid { get; init; }

    public uint Euid { get; init; }

    public uint Gid { get; init; }

    /// <summary>Who logged in; null for what no login started.</summary>
    public uint? LoginUid { get; init; }

    /// <summary>The login session; null for what no login started.</summary>
    public uint? Session { get; init; }

    /// <summary>The terminal by its kernel name, pts0; empty without one, or where it is not known.</summary>
    public HostText Tty { get; init; }

    public ulong CgroupId { get; init; }

    public uint PidNamespace { get; init; }

    public uint MountNamespace { get; init; }

    public uint UserNamespace { get; init; }
}

/// <summary>Bytes that the host calls a text: a path, a name, a value. In any encoding or none.</summary>
public readonly struct HostText(ReadOnlyMemory<byte> bytes) : IEquatable<HostText>
{
    public ReadOnlySpan<byte> Bytes => bytes.Span;

    public bool IsEmpty => bytes.IsEmpty;

    /// <summary>For a directory: where a path leads from it; an absolute one leads to itself.</summary>
    public HostText To(HostText path) => path.Bytes is [(byte)'/', ..] ? path : new HostText((byte[])[.. Bytes, (byte)'/', .. path.Bytes]);

    public static HostText Of(string text) => new(System.Text.Encoding.UTF8.GetBytes(text));

    public bool Equals(HostText other) => Bytes.SequenceEqual(other.Bytes);

    public override bool Equals(object? obj) => obj is HostText other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Bytes);
        return hash.ToHashCode();
    }

    /// <summary>As it is where it is UTF-8, else escaped. Not for a terminal.</summary>
    public override string ToString() => SafeText.Decode(Bytes);

    public static bool operator ==(HostText left, HostText right) => left.Equals(right);

    public static bool operator !=(HostText left, HostText right) => !left.Equals(right);
}
