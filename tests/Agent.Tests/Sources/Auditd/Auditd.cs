using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Tallyman.Agent.Tests.Sources.Auditd;

/// <summary>A test that needs Debian's auditd and the kernel's auditing to itself: skipped, with the reason, where that is not so.</summary>
public sealed class AuditdFactAttribute : FactAttribute
{
    public AuditdFactAttribute() => Skip = Reason;

    internal static string? Reason { get; } = KernelFactAttribute.Reason ?? (
        !File.Exists(Auditd.Program) ? "auditd is not installed"
        : Auditd.Status() is not string status ? "auditctl may not ask the kernel"
        : !status.Contains("\npid 0\n", StringComparison.Ordinal) ? "another auditd runs, which is left alone"
        : null);
}

/// <summary>The same with a table.</summary>
public sealed class AuditdTheoryAttribute : TheoryAttribute
{
    public AuditdTheoryAttribute() => Skip = AuditdFactAttribute.Reason;
}

/// <summary>
/// The real auditd with a configuration and a log of its own, and the rules that have all executions written. What the kernel
/// was told before is put back at the end.
/// </summary>
internal sealed class Auditd : IDisposable
{
    /// <summary>Tests that use it: there can be one at a time.</summary>
    public const string Collection = "auditd";

    public const string Program = "/sbin/auditd";
    private const string Control = "/sbin/auditctl";
    private const string Key = "tallyman-test";

    private static readonly string[] Rules =
    [
        $"-a always,exit -F arch=b64 -S execve,execveat -k {Key}",
        $"-a always,exit -F arch=b32 -S execve,execveat -k {Key}",
    ];

    private readonly string _before = Status()!;
    private readonly Process _process;

    /// <param name="group">Who may read the log, besides root.</param>
    public Auditd(string directory, string group = "root")
    {
        Log = Path.Combine(directory, "audit.log");
        string configuration = Directory.CreateDirectory(Path.Combine(directory, "etc")).FullName;
        Directory.CreateDirectory(Path.Combine(configuration, "plugins.d"));
        File.WriteAllText(Path.Combine(configuration, "auditd.conf"), $"""
            local_events = yes
            write_logs = yes
            log_file = {Log}
            log_group = {group}
            log_format = ENRICHED
            flush = INCREMENTAL_ASYNC
            freq = 1
            max_log_file = 200
            num_logs = 99
            max_log_file_action = ROTATE
            name_format = NONE
            verify_email = no
            space_left = 2
            space_left_action = SYSLOG
            admin_space_left = 1
            admin_space_left_action = SYSLOG
            disk_full_action = SYSLOG
            disk_error_action = SYSLOG
            plugin_dir = {configuration}/plugins.d

            """);
        File.SetUnixFileMode(Path.Combine(configuration, "auditd.conf"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _process = Process.Start(Program, ["-n", "-s", "enable", "-c", configuration]);
        var patience = Stopwatch.StartNew();
        while (!Status()!.Contains(string.Create(CultureInfo.InvariantCulture, $"\npid {_process.Id}\n"), StringComparison.Ordinal) || !File.Exists(Log))
        {
            Assert.True(!_process.HasExited && patience.Elapsed < TimeSpan.FromMinutes(1), "auditd has not started");
            Task.Delay(50).GetAwaiter().GetResult();
        }

        Tell("-b", "65536");
        foreach (string rule in Rules)
        {
            Tell(rule.Split(' '));
        }
    }

    public string Log { get; }

    /// <summary>What auditctl says of the kernel; null if it may not ask.</summary>
    public static string? Status() => Programs.Run(Control, "-s") is { ExitCode: 0 } outcome ? outcome.Output : null;

    public static void Tell(params string[] words)
    {
        Programs.Outcome outcome = Programs.Run(Control, words);
        Assert.True(outcome.ExitCode == 0, $"auditctl {string.Join(' ', words)}: {outcome.Error}");
    }

    public void Rotate() => Signal("USR1");

    public void Signal(string name) => Programs.Run("sh", "-c", string.Create(CultureInfo.InvariantCulture, $"kill -{name} {_process.Id}"));

    public void Dispose()
    {
        Programs.Run(Control, "-D", "-k", Key);
        Programs.Run(Control, "-D", "-k", "tallyman-first"); // as the agent says it is to be typed
        Signal("TERM");
        _process.WaitForExit();
        _process.Dispose();
        Programs.Run(Control, "-e", Number("enabled"));
        Programs.Run(Control, "-b", Number("backlog_limit"));
        Programs.Run(Control, "--backlog_wait_time", Number("backlog_wait_time"));
    }

    private string Number(string name) => Regex.Match(_before, $"^{name} ([0-9]+)", RegexOptions.Multiline).Groups[1].Value;
}
