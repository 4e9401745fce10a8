using System.Text.Json;

namespace Tallyman.Agent.Status;

/// <summary>What may be wrong with the agent itself and that only a person can mend for good.</summary>
public enum Ailment
{
    /// <summary>Records are not written to disk, they wait in memory.</summary>
    SpoolFailing,

    /// <summary>No collector takes records.</summary>
    CollectorAway,

    /// <summary>A collector does not let this agent in.</summary>
    CollectorRefuses,

    /// <summary>The certificate is about to expire, or is not to be used.</summary>
    CertificateFailing,

    /// <summary>What is configured now is not in use, as something in it is wrong.</summary>
    ConfigurationRefused,

    /// <summary>No executions are seen.</summary>
    NoSource,

    /// <summary>Executions do not come to auditd's log.</summary>
    AuditSilent,

    /// <summary>The kernel is not told to have all executions written.</summary>
    AuditSetup,

    /// <summary>How many records the kernel loses is not known.</summary>
    AuditLossUnknown,
}

/// <summary>What is wrong at the moment; any thread may say so.</summary>
public sealed class Health
{
    private readonly string?[] _ailments = new string?[Enum.GetValues<Ailment>().Length];

    /// <summary>Why; null if nothing of the kind is wrong.</summary>
    public string? this[Ailment ailment]
    {
        get => Volatile.Read(ref _ailments[(int)ailment]);
        set => Volatile.Write(ref _ailments[(int)ailment], value);
    }

    /// <summary>What is wrong, each with its reason: "spool_failing: database or disk is full".</summary>
    public IEnumerable<string> Ailments() =>
        Enum.GetValues<Ailment>().Where(ailment => this[ailment] is not null).Select(ailment => $"{JsonNamingPolicy.SnakeCaseLower.ConvertName(ailment.ToString())}: {this[ailment]}");
}
