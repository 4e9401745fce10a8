namespace Tallyman.Agent.Redaction;

/// <summary>How a value holds a secret.</summary>
internal enum SecretForm
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>It is one.</summary>
    Whole,

    /// <summary>NAME=VALUE.</summary>
    Pair,

    /// <summary>NAME=VALUE, of which the values of a few names are harmless.</summary>
    Variable,

    /// <summary>What stands behind the first ':' or '%'.</summary>
    UserPassword,

    /// <summary>A Kubernetes object, or a patch of one.</summary>
    Json,

    /// <summary>An instruction of a Dockerfile: ENV NAME=VALUE.</summary>
    Instruction,

    /// <summary>It is one if the word in front of it is a name that says so.</summary>
    Named,

    /// <summary>user:password@host, or domain/user:password@host.</summary>
    UserPasswordAtHost,

    /// <summary>user/password@database.</summary>
    UserSlashPassword,

    /// <summary>A line of passwd or group: name:password:….</summary>
    PasswdEntry,

    /// <summary>Options of a driver: env.NAME=VALUE and key=VALUE.</summary>
    DriverOption,
}
