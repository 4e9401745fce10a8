using Tallyman.Agent.Model;
using Tallyman.Agent.Status;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>Executions of the tools from logs that exist already.</summary>
internal sealed class AuditReplay
{
    private readonly List<ExecEvent> _found = [];
    private readonly AuditReading _reading;
    private readonly CopiedPrograms? _copy;

    /// <param name="copy">Of the host's file systems; null to go by names alone.</param>
    public AuditReplay(CopiedPrograms? copy, Counters counters)
    {
        _copy = copy;
        _reading = new AuditReading(IsWanted, Receive, counters);
    }

    /// <summary>Records of all types that were read.</summary>
    public ulong Records => _reading.Records;

    /// <summary>Reads on in a file, which may be one that follows those read before.</summary>
    /// <returns>The executions that are complete by now; null at the end of the file.</returns>
    public IReadOnlyList<ExecEvent>? ReadOn(AuditInput file)
    {
        int read = file.Read(_reading.Room.Span);
        if (read == 0)
        {
            EndFile();
            return null;
        }

        _reading.Take(read);
        return Found();
    }

    /// <summary>Nothing more comes of the file: what it ended in is not the beginning of the next one.</summary>
    public void EndFile() => _reading.EndFile();

    /// <summary>What is left when there are no more files.</summary>
    public IReadOnlyList<ExecEvent> Finish()
    {
        _reading.Finish();
        return Found();
    }

    private ExecEvent[] Found()
    {
        ExecEvent[] found = [.. _found];
        _found.Clear();
        return found;
    }

    private bool IsWanted(ReadOnlySpan<byte> comm, ReadOnlySpan<byte> executable) =>
        WatchedNames.Find(comm) is not null || IsWantedProgram(AuditExecReader.PathOf(executable));

    private bool IsWantedProgram(ReadOnlySpan<byte> executable) =>
        WatchedNames.Find(WatchedNames.LastOf(executable)) is not null || _copy?.Find(executable) is not null;

    private void Receive(AuditExec exec)
    {
        (Executable? program, IdentifiedBy by) = exec.FindByName();
        if (program is null)
        {
            (program, by) = (_copy?.Find(exec.Event.Executable.Bytes), IdentifiedBy.Content);
        }

        if (program is not null)
        {
            ExecEvent found = exec.ToEvent("replay", program, by);
            _found.Add(program.Tool == Tool.Loader && _copy is not null ? found with { Loaded = LoadedBy(found, _copy) } : found);
        }
    }

    private static Executable? LoadedBy(ExecEvent exec, CopiedPrograms copy) =>
        DynamicLoader.UnnamedProgramIn(exec.Argv) is { IsEmpty: false } path && copy.Find(exec.Directory.To(path).Bytes) is Executable loaded && loaded != Executables.Unnamed
            ? loaded
            : null;
}
