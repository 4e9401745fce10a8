using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tallyman.Collector.Store;
using Tallyman.V1;

namespace Tallyman.Collector.Tests.Export;

/// <summary>What is stored.</summary>
internal static class Some
{
    public static DateTimeOffset Time { get; } = new DateTimeOffset(2026, 3, 2, 10, 42, 17, TimeSpan.Zero).AddMicroseconds(123_456);

    /// <summary>All that an alert may have, with a word that spreadsheets, terminals and shells take for something else.</summary>
    public static StoredAlert Alert(string id = "MFRGGZDFMZTWQ2LK") => new("agent-17", 918_273, Time.AddMilliseconds(279), new Alert
    {
        Id = id,
        Time = Timestamp.FromDateTimeOffset(Time),
        Host = new Host { Id = "9f3c2b7d5e1a4c6f", Name = "node-17", BootId = "4b9d1a52-8d1a-4d0b-8a66-0f6cc8f2d2a9" },
        Source = "ebpf",
        CommandLine = new CommandLine
        {
            Argv = { Bytes("docker"), Bytes("run"), Bytes("--privileged"), Bytes("-v"), Bytes("/:/host"), Bytes(""), ByteString.CopyFrom([0xff, (byte)'\n']), Bytes("\u202e=1+1") },
            Tool = "docker",
            Command = "container run",
            Image = "alpine:3.20",
            Facts = { "HOST_MOUNT(/)", "PRIVILEGED" },
            Argc = 8,
            Redacted = true,
        },
        Scores = new Scores
        {
            RiskScore = 120,
            SuspicionScore = 6,
            PrivScore = 3,
            MountScore = 3,
            Alert = true,
            Severity = Severity.Critical,
            Techniques = { "T1610", "T1059.013" },
            Profile = "default",
        },
        Indicators =
        {
            new Indicator { Id = "PRIVILEGED", Arg = 2, Evidence = "--privileged", Risk = 40, Component = "priv", Weight = 3 },
            new Indicator { Id = "HOST_MOUNT", Arg = 4, Evidence = "/:/host", Value = "/", Risk = 40, Component = "mount", Weight = 3 },
        },
        Process = new Process
        {
            Pid = 48211,
            Ppid = 48190,
            Uid = 1000,
            Euid = 0,
            Gid = 1000,
            Loginuid = 1000,
            Session = 3,
            User = "alice",
            Executable = "/usr/bin/docker",
            Comm = "docker",
            ParentComm = "bash",
            Cwd = "/home/alice",
            Cgroup = "/user.slice",
            Container = "c0ffee",
            Tty = "pts0",
            EffectiveUser = "root",
            Login = new Login { Service = "sshd", User = "alice", Address = "192.0.2.7", From = "logind" },
            Sudo = new SudoCaller { Uid = 1001, User = "bob", From = "ancestry" },
            Ancestry = { new Ancestor { Pid = 48190, Executable = "/usr/bin/bash", Comm = "bash" }, new Ancestor { Pid = 1, Executable = "/sbin/init" } },
            ContainerRuntime = "cri-containerd",
            Pod = new Pod { Uid = "7b1c", Namespace = "kube-system", Name = "runner-0" },
        },
        Lowered = new Lowered { Exception = "nightly build", From = Severity.Critical },
        Seen = new Seen { Times = 37, Since = Timestamp.FromDateTimeOffset(Time.AddDays(-9)) },
        Repeated = 4,
        RepeatedSince = Timestamp.FromDateTimeOffset(Time.AddMinutes(-1)),
    });

    /// <summary>What every alert has, and nothing else.</summary>
    public static StoredAlert BareAlert(string id = "MFRGG") => new("agent", 1, Time, new Alert
    {
        Id = id,
        Time = Timestamp.FromDateTimeOffset(Time),
        CommandLine = new CommandLine(),
        Scores = new Scores(),
    });

    public static StoredGap Gap { get; } = new("agent-17", new GapRow(7, "ring_full", 12, true, Time, Time.AddSeconds(1)));

    public static Finding Finding { get; } = new("agent-17", FindingKind.HostSilent, Time, Time.AddMinutes(5), 2, "=cmd");

    private static ByteString Bytes(string text) => ByteString.CopyFromUtf8(text);
}
