using Tallyman.Agent.Model;
using Tallyman.Agent.Redaction;

namespace Tallyman.Agent.Tests;

/// <summary>Values for what does not matter in a test.</summary>
internal static class Some
{
    public static DateTimeOffset Time { get; } = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);

    public static HostIdentity Host { get; } = new("0123456789abcdef0123456789abcdef", "node-1", "fedcba9876543210fedcba9876543210");

    public static Redactor Redactor { get; } = new(new SecretHash(new byte[SecretHash.KeyLength]));

    public static ExecEvent Exec(params string[] argv) => Exec(Argv.Of(argv));

    public static ExecEvent Exec(Argv argv) => new()
    {
        Key = new ExecKey(4242, 1_000_000_000, 3),
        Time = Time,
        Source = "ebpf",
        Program = Executables.OfPath(argv.Count > 0 ? argv[0] : default) ?? Executables.All[0],
        Argv = argv,
        Argc = (uint)argv.Count,
        FileName = HostText.Of("/usr/bin/docker"),
        Executable = HostText.Of("/usr/bin/docker"),
        Directory = HostText.Of("/root"),
        Root = HostText.Of("/"),
        Comm = HostText.Of("docker"),
        ParentComm = HostText.Of("bash"),
        Tty = HostText.Of("pts0"),
        Cgroup = HostText.Of("/user.slice"),
        Pid = 4242,
        ParentPid = 4200,
        LoginUid = 1000,
        Session = 7,
    };
}
