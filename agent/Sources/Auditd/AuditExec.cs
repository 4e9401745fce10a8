using Tallyman.Agent.Model;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>The file that an execution asked for, as the kernel found it.</summary>
/// <param name="Device">Major and minor number, as it is written: fe:00.</param>
internal sealed record AuditFile(ulong Inode, string Device);

/// <summary>An execution as auditd tells of it; which program it is has still to be found out.</summary>
/// <param name="Event">What the log says, without a source, and unnamed.</param>
/// <param name="File">Of the executable; null if it is not known.</param>
/// <param name="IsScript">A script is run by its interpreter: the executable is that, and comm the script's name.</param>
internal sealed record AuditExec(ExecEvent Event, AuditFile? File, bool IsScript)
{
    public DateTimeOffset Time => Event.Time;

    public ulong Serial => Event.Audit!.Serial;

    public Argv Argv => Event.Argv;

    /// <summary>The program by the names that the kernel goes by too: that of the file that was asked for, then that of the file itself.</summary>
    public (Executable? Program, IdentifiedBy By) FindByName() =>
        !IsScript && WatchedNames.Find(Event.Comm.Bytes) is Executable asked ? (asked, IdentifiedBy.Name)
        : (WatchedNames.Find(WatchedNames.LastOf(Event.Executable.Bytes)), IdentifiedBy.Entry);

    public ExecEvent ToEvent(string source, Executable program, IdentifiedBy by) => Event with { Source = source, Program = program, IdentifiedBy = by };
}
