using System.Buffers.Binary;
using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tallyman.V1;

namespace Tallyman.Fleet;

/// <summary>The alerts of an agent: each can be made again from its number, so nobody has to keep them.</summary>
internal sealed class SimulatedAlerts(int seed, int agent, DateTimeOffset start, string name = "agent")
{
    /// <summary>Makes an alert one and a half kilobytes long, as they are on average.</summary>
    private static readonly string Padding = new('x', 900);

    public string AgentId { get; } = $"{name}-{agent}";

    /// <summary>As random as those of agents: 26 letters and digits.</summary>
    public string IdOf(ulong sequence)
    {
        Span<byte> place = stackalloc byte[16];
        BinaryPrimitives.WriteInt32LittleEndian(place, seed);
        BinaryPrimitives.WriteInt32LittleEndian(place[4..], agent);
        BinaryPrimitives.WriteUInt64LittleEndian(place[8..], sequence);
        return Convert.ToHexStringLower(SHA256.HashData(place).AsSpan(0, 13));
    }

    public Record Make(ulong sequence) => new()
    {
        Alert = new Alert
        {
            Id = IdOf(sequence),
            Time = Timestamp.FromDateTimeOffset(start.AddMilliseconds(sequence % 3_600_000)),
            Host = new Host { Id = AgentId, Name = $"node-{agent}", BootId = "0123456789abcdef0123456789abcdef" },
            Source = "ebpf",
            CommandLine = new CommandLine
            {
                Argv = { Text("docker"), Text("run"), Text("--privileged"), Text("-v"), Text("/:/host"), Text("alpine"), Text($"job-{sequence}"), Text(Padding) },
                Tool = "docker",
                Command = "container run",
                Image = "alpine",
                Facts = { "HOST_MOUNT(/)", "PRIVILEGED" },
                Argc = 8,
            },
            Scores = new Scores { RiskScore = 80, SuspicionScore = 6, PrivScore = 3, MountScore = 3, Alert = true, Severity = Severity.Critical, Techniques = { "T1610", "T1059.013" }, Profile = "default" },
            Indicators =
            {
                new Indicator { Id = "PRIVILEGED", Arg = 2, Evidence = "--privileged", Risk = 40, Component = "priv", Weight = 3 },
                new Indicator { Id = "HOST_MOUNT", Arg = 4, Evidence = "/:/host", Value = "/", Risk = 40, Component = "mount", Weight = 3 },
            },
            Process = new Process { Pid = 4242, Ppid = 4200, Uid = 1000, User = "ann", Executable = "/usr/bin/docker", Comm = "docker", ParentComm = "bash", Cwd = "/home/ann", IdentifiedBy = "name" },
        },
    };

    private static ByteString Text(string text) => ByteString.CopyFromUtf8(text);
}
