using Tallyman.Agent.Model;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>The file that an execution asked for, as the kernel found it.</summary>
/// <param name="Device">Major and minor number, as it is written: fe:00.</param>
internal sealed record AuditFile(ulong Inode, string Device);

/// <summary>An execution as auditd tells of it; which program it is has still to be found out.</summary>
internal sealed record AuditExec
{
    public required string Node { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required ulong Serial { get; init; }

    public required Argv Argv { get; init; }

    public required uint Argc { get; init; }

    public required long MissingBytes { get; init; }

    /// <summary>A script is run by its interpreter: <see cref="Executable"/> is that, and <see cref="Comm"/> the script's name.</summary>
    public required bool IsScript { get; init; }

    public required HostText FileName { get; init; }

    public required HostText Executable { get; init; }

    /// <summary>Whether the executable had a name no more when it ran, or never had one.</summary>
    public required bool IsDeleted { get; init; }

    /// <summary>Of the executable; null if it is not known.</summary>
    public required AuditFile? File { get; init; }

    public required HostText Directory { get; init; }

    public required HostText Comm { get; init; }

    public uint Pid { get; init; }

    public uint ParentPid { get; init; }

    public uint Uid { get; init; }

    public uint Euid { get; init; }

    public uint Gid { get; init; }

    public uint? LoginUid { get; init; }

    public uint? Session { get; init; }

    public HostText Tty { get; init; }

    /// <summary>The program by the names that the kernel goes by too: that of the file that was asked for, then that of the file itself.</summary>
    public (Executable? Program, IdentifiedBy By) FindByName() =>
        !IsScript && WatchedNames.Find(Comm.Bytes) is Executable asked ? (asked, IdentifiedBy.Name)
        : (WatchedNames.Find(WatchedNames.LastOf(Executable.Bytes)), IdentifiedBy.Entry);

    public ExecEvent ToEvent(string source, Executable program, IdentifiedBy by) => new()
    {
        Key = new ExecKey(Pid, 0, 0),
        Audit = new AuditId(Node, Time.ToUnixTimeMilliseconds(), Serial),
        Time = Time,
        Source = source,
        Argv = Argv,
        Argc = Argc,
        MissingBytes = MissingBytes,
        Program = program,
        IdentifiedBy = by,
        FileName = FileName,
        Executable = Executable,
        ExecutableInode = File?.Inode,
        Links = IsDeleted ? 0u : 1,
        Directory = Directory,
        Root = HostText.Of("/"),
        Comm = Comm,
        Pid = Pid,
        ParentPid = ParentPid,
        Uid = Uid,
        Euid = Euid,
        Gid = Gid,
        LoginUid = LoginUid,
        Session = Session,
        Tty = Tty,
    };
}
