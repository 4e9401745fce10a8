using System.Text.Json;

namespace Tallyman.Agent.Model;

/// <summary>What can be learnt from a command line. docs/facts.md explains each.</summary>
public enum FactKind
{
    Privileged,
    HostNet,
    HostPid,
    HostIpc,
    HostUts,
    HostUserns,
    HostCgroupns,
    JoinNs,
    HostMount,
    Rootfs,
    VolumesFrom,
    Device,
    Gpus,
    CapAdd,
    NoSeccomp,
    SeccompFile,
    NoApparmor,
    NoSelinux,
    UnmaskedPaths,
    CgroupParent,
    Runtime,
    RootUser,
    EnvFile,
    HostEnv,
    Exec,
    Attach,
    CopyOut,
    CopyIn,
    Manifest,
    Overrides,
    NodeDebug,
    DebugProfile,
    SecretsRead,
    SecretsWrite,
    RbacGrant,
    Proxy,
    HostExec,
    Remote,
    Ctx,
    Ns,
    Kubeconfig,
    As,
    AsGroup,
    AllNs,
    TlsInsecure,
    TokenArg,

    // What rules ask for and the vocabulary of facts has not, or has narrower.
    EnvironmentVariable,
    ResourceRead,
    NewPrivileges,
    DeviceRule,
    HostProgram,
    FileTaken,
    FileWritten,
    OpenToNetwork,
    PodSecurity,
    Debug,
    InnerCommand,
    SocketApi,
    RenamedCli,
    MaybeCli,
    Fileless,
    ArgsTruncated,
    ManifestUnread,
    RemoteManifest,
}

/// <summary>
/// One thing that a command line asks for, and where it says so.
/// </summary>
/// <param name="Value">What exactly: a path, a name, an address, as text; empty where the kind says it all.</param>
/// <param name="Arg">Index in argv of where it stands; -1 if it stands elsewhere or follows from the whole.</param>
public sealed record Fact(FactKind Kind, string Value = "", int Arg = -1)
{
    /// <summary>For a path of the host: absolute and clean, as far as argv and the directory of the caller tell.</summary>
    public string? Path { get; init; }

    /// <summary>For a mount: where it appears in the container.</summary>
    public string? Destination { get; init; }

    /// <summary>What stands there, where it is not the argument as a whole.</summary>
    public string? Evidence { get; init; }
}

public static class FactNames
{
    private static readonly string[] Names = [.. Enum.GetNames<FactKind>().Select(JsonNamingPolicy.SnakeCaseUpper.ConvertName)];

    /// <summary>The name in rules and answers: HOST_MOUNT.</summary>
    public static string Name(this FactKind kind) => Names[(int)kind];

    public static FactKind? Find(string name) => Array.IndexOf(Names, name) is int index and >= 0 ? (FactKind)index : null;
}
