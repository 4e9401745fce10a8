using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Tallyman.Agent.Model;
using Tallyman.Agent.Native;
using Tallyman.Agent.Status;

namespace Tallyman.Agent.Sources;

/// <summary>
/// Looks once for tools that run already, by name and by content. What /proc tells of them is the process's own word, so
/// these events are marked.
/// </summary>
internal sealed class RunningProcesses(ProcFs proc, EventQueue events, Counters counters, TimeProvider time)
{
    private const int LongestCommandLine = 2 * 1024 * 1024;
    private const int LongestFile = 64 * 1024;

    /// <param name="source">Sees what is executed from now on, and these events are counted to it.</param>
    public void Report(SourceLadder source, CancellationToken cancel)
    {
        var known = new Dictionary<(string Path, FileStatus Status), Executable?>();
        foreach (uint pid in proc.Processes().ToArray())
        {
            if (cancel.IsCancellationRequested)
            {
                return;
            }

            // What is read between two looks at the key is of one execution; the next one is seen by the source.
            if (Identify(pid, known) is not null
                && source.RunningBefore(pid) is ExecKey key
                && Identify(pid, known) is (Executable program, IdentifiedBy by, string executable)
                && EventOf(source.Name, pid, key, program, by, executable) is ExecEvent running
                && source.RunningBefore(pid) == key)
            {
                counters.Add(Counter.EventsAtStart);
                events.TryAdd(running);
            }
        }
    }

    private (Executable Program, IdentifiedBy By, string Path)? Identify(uint pid, Dictionary<(string Path, FileStatus Status), Executable?> known)
    {
        // A thread of the kernel has no executable.
        if (proc.ReadLink(pid, "exe") is not string path)
        {
            return null;
        }

        if (Executables.OfPath(Encoding.UTF8.GetBytes(path)) is Executable named)
        {
            return (named, IdentifiedBy.Entry, path);
        }

        using SafeFileHandle? file = proc.OpenExecutable(pid);
        if (file is null || FileStatus.Of(file) is not FileStatus status)
        {
            return null;
        }

        if (!known.TryGetValue((path, status), out Executable? program))
        {
            program = MainPackageOf(file) is string package ? ToolPackages.Find(package) : null;
            known.Add((path, status), program);
        }

        return program is null ? null : (program, IdentifiedBy.Content, path);
    }

    private static string? MainPackageOf(SafeFileHandle file)
    {
        try
        {
            return GoBuildInfo.MainPackageOf(file);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private ExecEvent? EventOf(string source, uint pid, ExecKey key, Executable program, IdentifiedBy by, string executable)
    {
        if (proc.Read(pid, "cmdline", LongestCommandLine) is not { Length: > 0 } commandLine)
        {
            return null;
        }

        Dictionary<string, string[]> status = proc.StatusOf(pid);
        uint Number(string line, int column) =>
            status.TryGetValue(line, out string[]? columns) && columns.Length > column && uint.TryParse(columns[column], CultureInfo.InvariantCulture, out uint number) ? number : 0;
        uint? Optional(string file) =>
            proc.Read(pid, file, LongestFile) is byte[] text && uint.TryParse(text, CultureInfo.InvariantCulture, out uint number) && number != uint.MaxValue ? number : null;

        var argv = Argv.FromArea(commandLine);
        string root = proc.ReadLink(pid, "root") ?? "/";
        return new ExecEvent
        {
            Key = key,
            Time = new BootClock(time).At(key.StartBoottime),
            Source = source,
            SeenAtStart = true,
            Program = program,
            IdentifiedBy = by,
            Argv = argv,
            Argc = (uint)argv.Count,
            FileName = HostText.Of(executable),
            Executable = HostText.Of(executable),
            Directory = HostText.Of(BelowRoot(proc.ReadLink(pid, "cwd") ?? "", root)),
            Root = HostText.Of(root),
            Cgroup = proc.CgroupOf(pid),
            Comm = proc.LineOf(pid, "comm"),
            ParentComm = proc.LineOf(Number("PPid", 0), "comm"),
            Environment = ImmutableDictionary<string, HostText>.Empty,
            Pid = pid,
            ParentPid = Number("PPid", 0),
            Uid = Number("Uid", 0),
            Euid = Number("Uid", 1),
            Gid = Number("Gid", 0),
            LoginUid = Optional("loginuid"),
            Session = Optional("sessionid"),
            MountNamespace = proc.MountNamespace(pid) ?? 0,
        };
    }

    /// <summary>A path as the process has it, whose root is a directory for the reader.</summary>
    private static string BelowRoot(string path, string root) =>
        root == "/" || !path.StartsWith(root, StringComparison.Ordinal) ? path
        : path.Length == root.Length ? "/"
        : path[root.Length] == '/' ? path[root.Length..]
        : path;
}
