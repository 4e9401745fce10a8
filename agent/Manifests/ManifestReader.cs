using Microsoft.Win32.SafeHandles;
using Tallyman.Agent.Model;
using Tallyman.Agent.Native;
using Tallyman.Agent.Sources;
using Tallyman.Agent.Status;

namespace Tallyman.Agent.Manifests;

/// <summary>Adds to a command line what the manifests that it names ask for.</summary>
internal sealed class ManifestReader(ProcFs proc, Counters counters, TimeProvider time)
{
    /// <summary>Readings that may hang at once, in files of whoever it is that has them hang.</summary>
    private const int MostThreads = 4;

    private readonly CallerProcess _process = new(proc);
    private readonly ExpendableThreads _threads = new(MostThreads, counters, time);
    private readonly WaitingTime _waiting = new(time);

    /// <summary>Reads as the process itself would have, and waits for it no longer than some seconds.</summary>
    public async ValueTask<Invocation> ReadAsync(Invocation invocation, ExecEvent exec)
    {
        RootedPath? directory = RootedPath.Of(exec.Directory);
        string? Variable(string name) => exec.Environment.TryGetValue(name, out HostText value) ? value.ToString() : null;
        IEnumerable<ManifestSource> sources = new ManifestFinder(invocation, exec.Argv, directory, Variable).Find();
        if (sources.FirstOrDefault() is not ManifestSource first)
        {
            return invocation;
        }

        var findings = new ManifestFindings(counters);
        long start = time.GetTimestamp();
        bool isRead = await _threads.RunAsync(
            () =>
            {
                using CallerFiles? files = _process.Open(exec);
                var environment = new Lazy<Dictionary<string, string>>(() => _process.VariablesOf(exec));
                new ManifestWalk(files, directory, name => Variable(name) ?? environment.Value.GetValueOrDefault(name), findings).Read(sources);
            },
            _waiting.Left());
        _waiting.Spend(time.GetElapsedTime(start));
        if (!isRead)
        {
            findings.GiveUp(first);
        }

        return findings.AddTo(invocation);
    }

    /// <summary>Reads what lies in a copy of the host's file systems; where there is none, nothing can be read, and that is said.</summary>
    /// <param name="root">The directory of the copy; null if there is none.</param>
    public static Invocation ReadBelow(string? root, Invocation invocation, ExecEvent exec, Counters counters)
    {
        RootedPath? directory = RootedPath.Of(exec.Directory);
        IEnumerable<ManifestSource> sources = new ManifestFinder(invocation, exec.Argv, directory, static _ => null).Find();
        if (!sources.Any())
        {
            return invocation;
        }

        var findings = new ManifestFindings(counters);
        using SafeFileHandle? opened = root is null ? null : RootedFile.OpenRoot(root);
        using CallerFiles? files = opened is null ? null : new CallerFiles(opened, user: null);
        new ManifestWalk(files, directory, static _ => null, findings).Read(sources);
        return findings.AddTo(invocation);
    }

    /// <summary>Reads as this process would in that directory.</summary>
    public static Invocation ReadHere(Invocation invocation, Argv argv, string? directory)
    {
        RootedPath? start = directory is null ? null : RootedPath.Of(HostText.Of(directory));
        var findings = new ManifestFindings(new Counters());
        using SafeFileHandle? root = RootedFile.OpenRoot("/");
        using CallerFiles? files = root is null ? null : new CallerFiles(root, user: null);
        new ManifestWalk(files, start, Environment.GetEnvironmentVariable, findings)
            .Read(new ManifestFinder(invocation, argv, start, Environment.GetEnvironmentVariable).Find());
        return findings.AddTo(invocation);
    }
}
