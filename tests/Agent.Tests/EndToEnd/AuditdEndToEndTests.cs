using System.Diagnostics;
using System.Text.Json;
using Tallyman.Agent.Tests.Sources.Auditd;
using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>"tallyman run" and "tallyman replay" on the log of the real auditd.</summary>
[Collection(Auditd.Collection)]
public sealed class AuditdEndToEndTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public AuditdEndToEndTests() => File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_101_101);

    public void Dispose() => _directory.Dispose();

    [AuditdFact]
    public void Without_privileges_for_eBPF_the_log_is_read_by_whoever_may()
    {
        using var auditd = new Auditd(_directory.Path, group: "nogroup");
        string docker = _directory.File("docker");
        File.Copy("/bin/true", docker);
        string state = Directory.CreateDirectory(_directory.File("state")).FullName;
        Assert.Equal(0, Programs.Run("chown", "65534:65534", state).ExitCode);
        using var agent = Process.Start(new ProcessStartInfo("setpriv",
            ["--reuid=65534", "--regid=65534", "--clear-groups", Programs.AgentForAll, "run", "--print", "json", "--audit-log", auditd.Log, "--state", state])
        { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var messages = new List<string>();
        while (agent.StandardError.ReadLine() is string message)
        {
            messages.Add(message);
            if (message.Contains("Watching", StringComparison.Ordinal))
            {
                break;
            }
        }

        Programs.Run(docker, "run", "--privileged", "seen-in-the-log");
        JsonElement alert;
        do
        {
            alert = JsonDocument.Parse(agent.StandardOutput.ReadLine()!).RootElement; // others run tools on this machine, too
        }
        while (Text(alert, "cmd") != $"{docker} run --privileged seen-in-the-log");

        Programs.Run("sh", "-c", $"kill -TERM {agent.Id}");
        Assert.DoesNotContain("Unhandled", agent.StandardError.ReadToEnd(), StringComparison.Ordinal);
        agent.WaitForExit();

        Assert.Equal(0, agent.ExitCode);
        Assert.Equal(("auditd", $"{docker} run --privileged seen-in-the-log", "name"), (Text(alert, "source"), Text(alert, "cmd"), Text(alert, "identified_by")));
        Assert.Contains(messages, static message => message.Contains("Executions are seen through auditd, as eBPF is not to be had: eBPF needs the capabilities CAP_BPF", StringComparison.Ordinal));
        Assert.Contains(messages, static message => message.Contains("how many audit records the kernel loses", StringComparison.Ordinal));
        string[] kept = Programs.Run(Programs.Agent, "spool", "export", "--state", state).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(kept, static record => record.Contains("\"source_chosen\"", StringComparison.Ordinal) && record.Contains("auditd, as eBPF is not to be had", StringComparison.Ordinal));
        Assert.Contains(kept, record => record.Contains(Text(alert, "id"), StringComparison.Ordinal));
        Assert.True(File.Exists(Path.Combine(state, "audit.cursor")));
    }

    [AuditdFact]
    public void What_ausearch_prints_is_replayed_as_the_log_itself()
    {
        using var auditd = new Auditd(_directory.Path);
        string docker = _directory.File("docker");
        File.Copy("/bin/true", docker);
        for (int i = 0; i < 20; i++)
        {
            Programs.Run(docker, "run", "--privileged", "-v", "/:/host", $"image {i}");
        }

        Programs.Outcome log = default!;
        for (var patience = Stopwatch.StartNew(); patience.Elapsed < TimeSpan.FromMinutes(1) && Count(log?.Output) < 20;)
        {
            log = Programs.Run(Programs.Agent, "replay", "--json", auditd.Log);
        }

        string frozen = _directory.File("frozen.log"); // other tests execute tools meanwhile
        File.Copy(auditd.Log, frozen);
        log = Programs.Run(Programs.Agent, "replay", "--json", frozen);
        Programs.Outcome printed = Programs.Run("bash", "-o", "pipefail", "-c", $"ausearch --raw -sc execve -if {frozen} | {Programs.Agent} replay --json -");

        Assert.Equal((1, 20), (log.ExitCode, Count(log.Output)));
        Assert.Equal(log.Output, printed.Output);

        static int Count(string? output) => output?.Split('\n').Count(static line => line.Contains("/:/host", StringComparison.Ordinal)) ?? 0;
    }

    private static string Text(JsonElement alert, string name) => alert.GetProperty(name).GetString()!;
}
