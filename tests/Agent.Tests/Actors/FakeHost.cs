using System.Globalization;
using System.Text;
using Tallyman.Agent.Sources;

namespace Tallyman.Agent.Tests.Actors;

/// <summary>A host's processes and files as a test wants them: a /proc whose process 1 has a root of its own.</summary>
internal sealed class FakeHost : IDisposable
{
    /// <summary>The agent, by a number that it has nowhere else.</summary>
    public const uint Own = 5000;

    private readonly TemporaryDirectory _directory = new();

    public FakeHost()
    {
        Directory.CreateDirectory(ProcFile(1, ""));
        Directory.CreateDirectory(_directory.File("root"));
        File.CreateSymbolicLink(ProcFile(1, "root"), _directory.File("root"));
        Directory.CreateDirectory(ProcFile(2, ""));
        ProcText(2, "stat", "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 47 0 0 20 0 1 0 10 0 0 1 2 3\n");
        Directory.CreateDirectory(ProcFile(Own, ""));
        File.CreateSymbolicLink(_directory.File("proc/self"), Own.ToString(CultureInfo.InvariantCulture));
    }

    public ProcFs Proc => new(_directory.File("proc"));

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
