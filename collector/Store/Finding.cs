namespace Tallyman.Collector.Store;

/// <summary>Something about an agent that a person should know and that no record of it tells.</summary>
/// <param name="Until">When it was over, or when it happened last; null: it still is so.</param>
/// <param name="Count">How often it happened.</param>
internal sealed record Finding(string AgentId, string Kind, DateTimeOffset Since, DateTimeOffset? Until, long Count, string Detail);

/// <summary>The kinds of findings. docs/operations.md explains each.</summary>
internal static class FindingKind
{
    public const string HostSilent = "host_silent";
    public const string CertificateRefused = "certificate_refused";
    public const string ForeignAgentId = "foreign_agent_id";
    public const string AgentIdTwice = "agent_id_twice";
    public const string SequenceHole = "sequence_hole";
    public const string SequenceRewound = "sequence_rewound";
    public const string ProtocolError = "protocol_error";
    public const string RecordRefused = "record_refused";
}
