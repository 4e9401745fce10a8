using System.Collections.Immutable;

namespace Tallyman.Agent.Model;

/// <summary>
/// Who is behind an execution, as far as the host shows it when the alert is made. What cannot be known is null or empty; where
/// one would expect it, <see cref="Missing"/> says why.
/// </summary>
public sealed record Actor
{
    /// <summary>Of what nobody can be asked about.</summary>
    public static Actor Unknown { get; } = new();

    /// <summary>Names that the host's own passwd has for the real, the effective and the login uid, whatever a container calls them.</summary>
    public string? User { get; init; }

    /// <summary>Null too where it is the same user.</summary>
    public string? EffectiveUser { get; init; }

    public string? LoginUser { get; init; }

    public Login? Login { get; init; }

    public SudoCaller? Sudo { get; init; }

    /// <summary>The parent, its parent, and so on.</summary>
    public ImmutableArray<Ancestor> Ancestry { get; init; } = [];

    public Container? Container { get; init; }

    public Pod? Pod { get; init; }

    public SystemdUnit? Unit { get; init; }

    /// <summary>Names of facts, as alerts in JSON call them, and why they are not known.</summary>
    public ImmutableSortedDictionary<string, string> Missing { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
}

/// <summary>How the session began in which a process runs.</summary>
/// <param name="Service">What let the user in: sshd, login, cron; empty if it is not known.</param>
/// <param name="User">Empty if it is not known.</param>
/// <param name="Address">Where the user came from; empty if that was this host.</param>
/// <param name="From">Who says so: logind, utmp, or environment, which is the process's own word.</param>
public sealed record Login(string Service, string User, string Address, string From);

/// <summary>Who called sudo.</summary>
/// <param name="From">Who says so: ancestry, or environment, which is the process's own word.</param>
public sealed record SudoCaller(uint? Uid, string? User, string From);

/// <summary>A process above another one, as it is when the alert is made: it may have executed something else meanwhile.</summary>
/// <param name="StartBoottime">In nanoseconds since boot, to a hundredth of a second.</param>
/// <param name="Executable">Empty if it is not ours to look at, or a thread of the kernel.</param>
/// <param name="Uid">The real one.</param>
public sealed record Ancestor(uint Pid, ulong StartBoottime, HostText Comm, HostText Executable, uint? Uid)
{
    public DateTimeOffset Start { get; init; }

    /// <summary>The executable's, or what the process calls itself where that is not known.</summary>
    public string Name => Executable.IsEmpty ? Comm.ToString() : Path.GetFileName(Executable.ToString());

    public string? User { get; init; }
}

/// <param name="Id">64 hexadecimal digits.</param>
/// <param name="Runtime">docker, cri-containerd, crio, libpod or nerdctl; empty if its name does not say.</param>
public sealed record Container(string Id, string Runtime);

/// <param name="Uid">As the API server has it, or the hash of a static pod's manifest.</param>
/// <param name="QosClass">Guaranteed, Burstable or BestEffort.</param>
public sealed record Pod(string Uid, string QosClass)
{
    public string? Namespace { get; init; }

    public string? Name { get; init; }
}

/// <summary>Units of systemd, with \x2d and the like decoded; empty if there is none.</summary>
/// <param name="Name">The host's: ssh.service, session-3.scope, user@1000.service.</param>
/// <param name="UserUnit">That of the user's own manager.</param>
/// <param name="Slice">The innermost that the host's unit is in.</param>
public sealed record SystemdUnit(string Name, string UserUnit, string Slice);
