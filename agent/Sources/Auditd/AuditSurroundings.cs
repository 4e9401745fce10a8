using Microsoft.Win32.SafeHandles;
using Tallyman.Agent.Model;
using Tallyman.Agent.Native;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>
/// What the log does not say and /proc may: the program by its content, and where the process is. A number in the log is still
/// the same process if that began before the execution: numbers are given anew only to later ones.
/// </summary>
internal sealed class AuditSurroundings(ProcFs proc, TimeProvider time)
{
    private const uint Init = 1;
    private const int LongestEnvironment = 128 * 1024;
    private const int LongestMounts = 1024 * 1024;
    private const int MostVerdictsKept = 16 * 1024;

    /// <summary>The log's times are those of the kernel's tick, and /proc's of a hundredth of a second.</summary>
    private const ulong Coarseness = 30_000_000;

    private readonly BootClock _clock = new(time);
    private readonly Dictionary<(string Device, FileStatus Status), Executable?> _verdicts = [];

    /// <summary>Adds what is known of the process, or of the one that started it, while they run.</summary>
    public ExecEvent Complete(ExecEvent exec)
    {
        ulong? start = StartOf(exec.Pid, exec.Time);
        HostText parent = StartOf(exec.ParentPid, exec.Time) is null ? default : proc.LineOf(exec.ParentPid, "comm");
        if (start is null)
        {
            return exec with { ParentComm = parent };
        }

        ExecEvent completed = exec with
        {
            Key = exec.Key with { StartBoottime = start.Value },
            MountNamespace = proc.MountNamespace(exec.Pid) ?? 0,
            Root = HostText.Of(proc.ReadLink(exec.Pid, "root") ?? "/"),
            Cgroup = proc.CgroupOf(exec.Pid),
            ParentComm = parent,
            Environment = WatchedVariables.In(proc.Read(exec.Pid, "environ", LongestEnvironment)),
        };
        return StartOf(exec.Pid, exec.Time) == start ? completed : exec with { ParentComm = parent };
    }

    public (IdentityOutcome Outcome, Executable? Program) Identify(AuditExec exec)
    {
        if (exec.File is null || MayNeverAnswer(exec))
        {
            return (exec.File is null ? IdentityOutcome.Gone : IdentityOutcome.Refused, null);
        }

        try
        {
            using SafeFileHandle? file = Open(exec, out _);
            if (file is null || FileStatus.Of(file) is not FileStatus status)
            {
                return (IdentityOutcome.Gone, null);
            }

            if (!_verdicts.TryGetValue((exec.File.Device, status), out Executable? program))
            {
                if (_verdicts.Count >= MostVerdictsKept)
                {
                    _verdicts.Clear();
                }

                program = ExecIdentity.ProgramOf(file);
                _verdicts.Add((exec.File.Device, status), program);
            }

            return (program is null ? IdentityOutcome.Other : IdentityOutcome.Tool, program);
        }
        catch (IOException)
        {
            return (IdentityOutcome.Gone, null);
        }
    }

    /// <summary>The program that the loader was told to run, in the file systems of a process that sees the loader itself where it was.</summary>
    public Executable? IdentifyLoaded(AuditExec exec)
    {
        HostText path = DynamicLoader.UnnamedProgramIn(exec.Argv);
        if (path.IsEmpty || exec.File is null || MayNeverAnswer(exec))
        {
            return null;
        }

        try
        {
            using SafeFileHandle? loader = Open(exec, out uint holder);
            using SafeFileHandle? loaded = loader is null ? null : proc.OpenInRootOf(holder, exec.Event.Directory.To(path));
            return loaded is not null && ExecIdentity.ProgramOf(loaded) is Executable program && program != Executables.Unnamed ? program : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The very file that was executed: by the process while it runs it, or at its path in the root of another one.</summary>
    private SafeFileHandle? Open(AuditExec exec, out uint holder)
    {
        holder = exec.Event.Pid;
        if (StartOf(exec.Event.Pid, exec.Time) is not null && IfSame(proc.OpenExecutable(exec.Event.Pid), exec) is SafeFileHandle running)
        {
            return running;
        }

        foreach (uint neighbour in (uint[])[exec.Event.ParentPid, proc.Own, Init])
        {
            holder = neighbour;
            if ((neighbour != exec.Event.ParentPid || StartOf(neighbour, exec.Time) is not null)
                && IfSame(proc.OpenInRootOf(neighbour, exec.Event.Executable), exec) is SafeFileHandle left)
            {
                return left;
            }
        }

        return null;
    }

    private static SafeFileHandle? IfSame(SafeFileHandle? opened, AuditExec exec)
    {
        if (opened is not null && FileStatus.Of(opened)?.Inode == exec.File?.Inode)
        {
            return opened;
        }

        opened?.Dispose();
        return null;
    }

    /// <summary>When the process began; null if it is gone, or another one has its number.</summary>
    private ulong? StartOf(uint pid, DateTimeOffset at) =>
        pid != 0 && proc.StartOf(pid) is ulong start && start <= _clock.NanosecondsAt(at) + Coarseness ? start : null;

    /// <summary>Whether the file's device is that of a file system whose server may let a reader wait for ever, or of none that is mounted here.</summary>
    private bool MayNeverAnswer(AuditExec exec)
    {
        foreach (uint pid in (uint[])[exec.Event.Pid, exec.Event.ParentPid, proc.Own, Init])
        {
            if (proc.Read(pid, "mountinfo", LongestMounts) is byte[] mounts && MountTable.TypeOf(mounts, exec.File!.Device) is string type)
            {
                return MountTable.MayNeverAnswer(type);
            }
        }

        return true;
    }
}
