using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tallyman.V1;

namespace Tallyman.Collector.Tests;

/// <summary>What agents send.</summary>
internal static class Messages
{
    public static DateTimeOffset Time { get; } = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);

    public static AgentFrame Hello(string agent = "agent", ulong epoch = 1, ulong first = 1, ulong next = 1) => new()
    {
        Hello = new Hello { AgentId = agent, Epoch = epoch, FirstSeq = first, NextSeq = next, Host = new Host { Name = "host-of-" + agent }, Version = "1" },
    };

    public static AgentFrame Batch(ulong first, params V1.Record[] records)
    {
        var batch = new Batch { FirstSeq = first };
        batch.Records.AddRange(records);
        return new AgentFrame { Batch = batch };
    }

    public static V1.Record Alert(string id, DateTimeOffset? time = null, string detail = "run") => new()
    {
        Alert = new Alert
        {
            Id = id,
            Time = Timestamp.FromDateTimeOffset(time ?? Time),
            Host = new Host { Name = "node" },
            CommandLine = new CommandLine { Tool = "docker", Command = "container run", Argv = { ByteString.CopyFromUtf8("docker"), ByteString.CopyFromUtf8(detail) } },
            Scores = new Scores { RiskScore = 40, SuspicionScore = 3, Alert = true, Severity = Severity.High },
            Process = new Process { Pid = 1 },
            Source = "ebpf",
        },
    };

    public static V1.Record Gap() => new()
    {
        Gap = new GapRecord { Reason = "ring_full", Count = 7, CountIsExact = true, First = Timestamp.FromDateTimeOffset(Time), Last = Timestamp.FromDateTimeOffset(Time.AddSeconds(1)) },
    };

    public static V1.Record Trail() => new() { Trail = new AuditTrail { What = "agent_start", Detail = "1.0", Time = Timestamp.FromDateTimeOffset(Time) } };

    public static AgentFrame Heartbeat() => new() { Heartbeat = new Heartbeat { Counters = { ["alerts"] = 3, ["seen"] = ulong.MaxValue } } };
}
