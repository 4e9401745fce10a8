using System.Text;
using Microsoft.Win32.SafeHandles;
using Tallyman.Agent.Model;
using Tallyman.Agent.Native;
using Tallyman.Agent.Sources;

namespace Tallyman.Agent.Manifests;

/// <summary>Finds the way to the files of the process that an execution is about.</summary>
internal sealed class CallerProcess(ProcFs proc)
{
    private const uint Init = 1; // also where the agent is in a container and the caller is not
    private const int LongestEnvironment = 1024 * 1024;
    private const ulong Tick = 1_000_000_000 / ProcFs.TicksPerSecond;

    /// <summary>
    /// While the process lives its own root is known; after that, that of a process with the same view of the file systems,
    /// which its parent has, or the agent, or the whole host.
    /// </summary>
    /// <returns>Null if there is none.</returns>
    public CallerFiles? Open(ExecEvent exec)
    {
        bool runs = Runs(exec);
        SafeFileHandle? own = runs ? proc.OpenRoot(exec.Key.Tgid) : null;
        CallerIdentity user = CallerIdentity.Of(exec, runs ? proc : null);
        if (runs && !Runs(exec))
        {
            // By now the number may be another process's, and what was learnt of it too.
            own?.Dispose();
            own = null;
            user = CallerIdentity.Of(exec, null);
        }

        SafeFileHandle? root = own ?? OpenShared(exec, exec.ParentPid) ?? OpenShared(exec, proc.Own) ?? OpenShared(exec, Init);
        return root is null ? null : new CallerFiles(root, user);
    }

    /// <summary>All its variables, while it runs; none after that.</summary>
    public Dictionary<string, string> VariablesOf(ExecEvent exec)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        byte[]? bytes = Runs(exec) ? proc.Read(exec.Key.Tgid, "environ", LongestEnvironment) : null;
        foreach (string variable in bytes is not null && Runs(exec) ? Encoding.UTF8.GetString(bytes).Split('\0') : [])
        {
            int equals = variable.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                variables.TryAdd(variable[..equals], variable[(equals + 1)..]);
            }
        }

        return variables;
    }

    /// <summary>Whether its number is still its own: numbers are given anew, the time of the start is not.</summary>
    private bool Runs(ExecEvent exec) => proc.StartOf(exec.Key.Tgid) is ulong start && start / Tick == exec.Key.StartBoottime / Tick;

    private SafeFileHandle? OpenShared(ExecEvent exec, uint pid)
    {
        if (!Shares(exec, pid) || proc.OpenRoot(pid) is not SafeFileHandle root)
        {
            return null;
        }

        if (Shares(exec, pid))
        {
            return root;
        }

        root.Dispose();
        return null;
    }

    private bool Shares(ExecEvent exec, uint pid) =>
        exec.Root == HostText.Of("/") && proc.ReadLink(pid, "root") == "/"
        && (exec.MountNamespace != 0 ? proc.MountNamespace(pid) == exec.MountNamespace : SeesExecutable(exec, pid));

    private bool SeesExecutable(ExecEvent exec, uint pid)
    {
        using SafeFileHandle? file = exec.ExecutableInode is null ? null : proc.OpenInRootOf(pid, exec.Executable);
        return file is not null && FileStatus.Of(file)?.Inode == exec.ExecutableInode;
    }
}
