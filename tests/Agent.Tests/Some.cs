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

    /// <summary>Ann came through SSH and called sudo.</summary>
    public static Actor Actor { get; } = new()
    {
        User = "root",
        LoginUser = "ann",
        Login = new Login("sshd", "ann", "192.0.2.7", "logind"),
        Sudo = new SudoCaller(1000, "ann", "ancestry"),
        Ancestry =
        [
            new Ancestor(4200, 900_000_000, HostText.Of("sudo"), HostText.Of("/usr/bin/sudo"), 0) { User = "root", Start = Time },
            new Ancestor(4100, 800_000_000, HostText.Of("bash"), HostText.Of("/usr/bin/bash"), 1000) { User = "ann", Start = Time.AddSeconds(-10) },
        ],
        Unit = new SystemdUnit("session-7.scope", "", "user-1000.slice"),
        Missing = Actor.Unknown.Missing.Add("ancestry", "process 4000 has ended, or is hidden"),
    };
}
