using System.Globalization;
using System.Text;
using Tallyman.Agent.Sources;

namespace Tallyman.Agent.Tests.Actors;

/// <summary>A host's processes and files as a test wants them: a /proc whose process 1 has a root of its own.</summary>
internal sealed class FakeHost : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public FakeHost()
    {
        Directory.CreateDirectory(ProcFile(1, ""));
        Directory.CreateDirectory(_directory.File("root"));
        File.CreateSymbolicLink(ProcFile(1, "root"), _directory.File("root"));
        PidNamespace("pid:[4026531836]");
    }

    public ProcFs Proc => new(_directory.File("proc"));

    /// <summary>Of the agent.</summary>
    public void PidNamespace(string link)
    {
        string path = ProcFile((uint)Environment.ProcessId, "ns/pid");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Delete(path);
        File.CreateSymbolicLink(path, link);
    }

    /// <param name="start">In ticks since boot.</param>
    public void Process(uint pid, uint parent, ulong start, string executable, uint uid = 0, params string[] environment)
    {
        string name = Path.GetFileName(executable);
        Directory.CreateDirectory(ProcFile(pid, ""));
        ProcText(pid, "stat", string.Create(CultureInfo.InvariantCulture, $"{pid} ({name}) S {parent} {pid} {pid} 34816 0 0 0 0 0 0 0 0 0 0 20 0 1 0 {start} 1 2 3\n"));
        ProcText(pid, "status", string.Create(CultureInfo.InvariantCulture, $"Name:\t{name}\nPid:\t{pid}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n"));
        ProcText(pid, "environ", string.Concat(environment.Select(static variable => variable + "\0")));
        File.Delete(ProcFile(pid, "exe"));
        if (executable.Contains('/', StringComparison.Ordinal)) // a thread of the kernel has none
        {
            File.CreateSymbolicLink(ProcFile(pid, "exe"), executable);
        }
    }

    public void ProcText(uint pid, string file, string text) => File.WriteAllText(ProcFile(pid, file), text);

    public string ProcFile(uint pid, string file) => Path.Combine(_directory.File("proc"), pid.ToString(CultureInfo.InvariantCulture), file);

    /// <summary>Puts a file on the host, as package managers do: under another name first.</summary>
    public void Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    public void Write(string path, byte[] bytes)
    {
        string file = PathOf(path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file + ".new", bytes);
        File.Move(file + ".new", file, overwrite: true);
    }

    /// <summary>Where the host's file lies in truth.</summary>
    public string PathOf(string path) => _directory.File("root") + path;

    public void Dispose() => _directory.Dispose();
}
