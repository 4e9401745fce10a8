using System.Globalization;
using System.Net;
using System.Text;
using Tallyman.Agent.Model;
using Tallyman.Agent.Sources;
using Tallyman.Rendering;

namespace Tallyman.Agent.Actors;

/// <summary>
/// How the login session began: as logind has it (/run/systemd/sessions), else as utmp, both of which root alone writes; else
/// as sshd told the first process of the session, whose environment is its own to change.
/// </summary>
internal sealed class LoginReader(ProcFs proc, HostFiles files)
{
    private const int LongestUtmp = 4 * 1024 * 1024;
    private const int LongestSession = 16 * 1024;
    private const int LongestEnvironment = 128 * 1024;
    private const int LongestText = 256;
    private const string ScopeStart = "session-";
    private const string ScopeEnding = ".scope";
    private const string SshConnection = "SSH_CONNECTION";

    /// <returns>Null if none of them knows.</returns>
    public Login? Of(ExecEvent exec, SystemdUnit? unit, IReadOnlyList<Ancestor> ancestry) =>
        OfLogind(exec, unit) ?? OfUtmp(exec, ancestry) ?? OfEnvironment(exec, ancestry);

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

    private Login? OfUtmp(ExecEvent exec, IReadOnlyList<Ancestor> ancestry) =>
        !exec.Tty.IsEmpty && files.Read("/run/utmp", LongestUtmp) is byte[] records
            ? Utmp.Find(records, exec.Tty, ancestry.Select(static ancestor => ancestor.Pid).Prepend(exec.Pid))
            : null;

    /// <summary>Of the processes that lead a session the nearest that came through SSH, or else the execution itself, which sshd may have started.</summary>
    private Login? OfEnvironment(ExecEvent exec, IReadOnlyList<Ancestor> ancestry)
    {
        HostText connection = ancestry
            .Where(static ancestor => ancestor.Pid == ancestor.Session)
            .Select(ConnectionOf)
            .FirstOrDefault(static text => !text.IsEmpty);
        connection = connection.IsEmpty ? exec.Environment.GetValueOrDefault(SshConnection) : connection;

        // 192.0.2.1 50000 192.0.2.2 22
        string address = connection.ToString().Split(' ', 2)[0];
        return IPAddress.TryParse(address, out IPAddress? parsed) ? new Login("", "", parsed.ToString(), "environment") : null;
    }

    private HostText ConnectionOf(Ancestor leader) =>
        proc.Read(leader.Pid, "environ", LongestEnvironment) is byte[] environment && proc.StartOf(leader.Pid) == leader.StartBoottime
            ? WatchedVariables.In(environment).GetValueOrDefault(SshConnection)
            : default;
}
