using System.Collections.Immutable;
using Tallyman.Agent.Model;
using Tallyman.Agent.Sources;
using Tallyman.Agent.Status;

namespace Tallyman.Agent.Actors;

/// <summary>Finds out who is behind an execution that is an alert. For one thread.</summary>
internal sealed class ActorReader
{
    /// <summary>What a path begins with that is not whole.</summary>
    private const char Cut = '…';

    private readonly AncestryReader _ancestry;
    private readonly LoginReader _logins;
    private readonly HostUsers _users;
    private readonly PodNames _pods;

    public ActorReader(ProcFs proc, Counters counters, TimeProvider time)
    {
        var files = new HostFiles(proc);
        _ancestry = new AncestryReader(proc, time);
        _logins = new LoginReader(proc, files, counters, time);
        _users = new HostUsers(files, time);
        _pods = new PodNames(files, time);
    }

    public async ValueTask<Actor> ReadAsync(ExecEvent exec)
    {
        ImmutableSortedDictionary<string, string>.Builder missing = Actor.Unknown.Missing.ToBuilder();
        void Miss(string fact, string? reason)
        {
            if (reason is not null)
            {
                missing[fact] = reason;
            }
        }

        // Processes end, so they come first.
        ImmutableArray<Ancestor> ancestry = _ancestry.Of(exec, out string? ended);
        Miss("ancestry", ended);

        UserNames users = _users.Get();
        ancestry = [.. ancestry.Select(ancestor => ancestor with { User = users.Of(ancestor.Uid) })];
        string? NameOf(string fact, uint? uid)
        {
            string? name = users.Of(uid);
            Miss(fact, uid is uint number && name is null ? users.Missing(number) : null);
            return name;
        }

        string cgroup = exec.Cgroup.ToString();
        Miss("cgroup", cgroup.Length == 0 ? "the process had ended before it was read" : cgroup[0] == Cut ? "its upper directories are not known" : null);
        SystemdUnit? unit = SystemdCgroup.In(cgroup);
        Login? login = await _logins.OfAsync(exec, unit, ancestry);
        Miss("login", login is null && exec.LoginUid is not null ? "neither logind nor utmp nor the environment of the session tells of it" : null);

        Pod? pod = PodCgroup.In(cgroup);
        if (pod is not null)
        {
            pod = _pods.Name(pod, out string? unnamed);
            Miss("pod", unnamed);
        }

        return new Actor
        {
            User = NameOf("user", exec.Uid),
            EffectiveUser = exec.Euid == exec.Uid ? null : NameOf("effective_user", exec.Euid),
            LoginUser = NameOf("login_user", exec.LoginUid),
            Login = login,
            Sudo = SudoCallers.Of(exec, ancestry),
            Ancestry = ancestry,
            Container = ContainerCgroup.In(cgroup),
            Pod = pod,
            Unit = unit,
            Missing = missing.ToImmutable(),
        };
    }
}
