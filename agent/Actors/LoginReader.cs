using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using Tallyman.Agent.Model;
using Tallyman.Agent.Sources;
using Tallyman.Agent.Status;
using Tallyman.Rendering;

namespace Tallyman.Agent.Actors;

/// <summary>
/// How the login session began: as logind has it (/run/systemd/sessions), else as utmp, both of which root alone writes; else
/// as sshd told the process that it started, whose environment is its own to change.
/// </summary>
internal sealed class LoginReader(ProcFs proc, HostFiles files, Counters counters, TimeProvider time)
{
    /// <summary>Processes that may keep their readers waiting at once.</summary>
    private const int MostThreads = 4;

    private const int LongestUtmp = 4 * 1024 * 1024;
    private const int LongestSession = 16 * 1024;
    private const int LongestEnvironment = 128 * 1024;
    private const int LongestText = 256;
    private const string ScopeStart = "session-";
    private const string ScopeEnding = ".scope";
    private const string SshConnection = "SSH_CONNECTION";

    private static readonly string[] SshServers = ["sshd", "sshd-session", "dropbear"];

    private readonly ExpendableThreads _threads = new(MostThreads, counters, time);
    private readonly WaitingTime _waiting = new(time);

    /// <returns>Null if none of them knows.</returns>
    public async ValueTask<Login?> OfAsync(ExecEvent exec, SystemdUnit? unit, ImmutableArray<Ancestor> ancestry) =>
        OfLogind(exec, unit) ?? OfUtmp(exec, ancestry) ?? OfSsh(await ConnectionBelowSshAsync(ancestry)) ?? OfSsh(exec.Environment.GetValueOrDefault(SshConnection));

    /// <summary>Sessions have the kernel's number, where there is one: by that, or by the scope that their processes are in.</summary>
    private Login? OfLogind(ExecEvent exec, SystemdUnit? unit)
    {
        string id = exec.Session?.ToString(CultureInfo.InvariantCulture)
            ?? (unit?.Name is string name && name.StartsWith(ScopeStart, StringComparison.Ordinal) && name.EndsWith(ScopeEnding, StringComparison.Ordinal)
                ? name[ScopeStart.Length..^ScopeEnding.Length]
                : "");
        if (id.Length == 0 || !id.All(char.IsAsciiLetterOrDigit) || files.Read($"/run/systemd/sessions/{id}", LongestSession) is not byte[] text)
        {
            return null;
        }

        // KEY=VALUE, of which those that are wanted here need no quotes
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in Encoding.UTF8.GetString(text).Split('\n'))
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                values.TryAdd(line[..equals], SafeText.Shorten(line[(equals + 1)..], LongestText));
            }
        }

        return new Login(values.GetValueOrDefault("SERVICE", ""), values.GetValueOrDefault("USER", ""), values.GetValueOrDefault("REMOTE_HOST", ""), "logind");
    }

    private Login? OfUtmp(ExecEvent exec, ImmutableArray<Ancestor> ancestry) =>
        !exec.Tty.IsEmpty && files.Read("/run/utmp", LongestUtmp) is byte[] records
            ? Utmp.Find(records, exec.Tty, ancestry.Select(static ancestor => ancestor.Pid).Prepend(exec.Pid))
            : null;

    private static Login? OfSsh(HostText connection)
    {
        // 192.0.2.1 50000 192.0.2.2 22
        string address = connection.ToString().Split(' ', 2)[0];
        return IPAddress.TryParse(address, out IPAddress? parsed) ? new Login("", "", parsed.ToString(), "environment") : null;
    }

    /// <summary>What the nearest process says that sshd has started.</summary>
    private async ValueTask<HostText> ConnectionBelowSshAsync(ImmutableArray<Ancestor> ancestry)
    {
        int server = ancestry.Index().FirstOrDefault(static each => SshServers.Contains(each.Item.Name)).Index;
        if (server == 0)
        {
            return default; // there is none, or it has started the execution itself
        }

        HostText connection = default;
        long start = time.GetTimestamp();
        bool isRead = await _threads.RunAsync(() => connection = ConnectionOf(ancestry[server - 1]), _waiting.Left());
        _waiting.Spend(time.GetElapsedTime(start));
        return isRead ? connection : default;
    }

    private HostText ConnectionOf(Ancestor ancestor) =>
        proc.Read(ancestor.Pid, "environ", LongestEnvironment) is byte[] environment && proc.StartOf(ancestor.Pid) == ancestor.StartBoottime
            ? WatchedVariables.In(environment).GetValueOrDefault(SshConnection)
            : default;
}
