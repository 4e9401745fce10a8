using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Tallyman.Agent.Tests.Sources.Auditd;
using Xunit;
using static Tallyman.Agent.Tests.EndToEnd.RunningAgent;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>From an execution on this kernel to a row in the collector's store, with the programs that users get.</summary>
public sealed class EndToEndTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private RunningAgent? _running;

    public void Dispose()
    {
        _running?.Dispose();
        _directory.Dispose();
    }

    [KernelFact]
    public void Executions_become_alerts_in_the_terminal_and_in_the_store()
    {
        string docker = CopyOfTrue("docker");
        string kubectl = CopyOfTrue("kubectl");
        string link = _directory.File("linked");
        File.CreateSymbolicLink(link, docker);
        string script = _directory.File("wrapper.sh");
        File.WriteAllText(script, $"#!/bin/sh\n{docker} run --privileged by-script \"$@\"\n");
        File.SetUnixFileMode(script, (UnixFileMode)0b111_101_101);
        string setuid = Directory.CreateDirectory(_directory.File("setuid")).FullName + "/docker";
        File.Copy("/bin/true", setuid);
        File.SetUnixFileMode(setuid, UnixFileMode.SetUser | (UnixFileMode)0b111_101_101);
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_101_101);
        string renamed = Go.WriteProgram(_directory.File("innocent"), "github.com/docker/cli/cmd/docker");
        string sleeping = Go.WriteProgram(_directory.File("sleeping"), "github.com/docker/cli/cmd/docker", sleeps: true);
        _running = RunningAgent.Start(_directory.File("data"));

        Run(docker, "run", "--privileged", "-v", "/:/host", "alpine", "by-name");
        Run(kubectl, "-n", "by-kubectl", "get", "secrets");
        Run(Programs.Launch, "execveat", docker, "run", "--net=host", "by-execveat");
        Run(link, "run", "--net=host", "by-link");
        Run(script, "alpine");
        Run(renamed, "ps", "--filter", "by-content");
        Run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", setuid, "run", "--net=host", "by-setuid");
        Run("/bin/sh", "-c", $"cd /usr/share && exec {docker} run -v ../..:/h by-directory");
        Run(Programs.Launch, "big", "12", "120000", docker, "run", "--name", "by-megabytes", "--", "--privileged");
        Run(Programs.Launch, "big", "40", "125000", docker, "run", "--name", "by-many-megabytes", "--", "--privileged");
        Run(Programs.Launch, "hex", docker, "72756e", "2d2d70726976696c65676564", "2d2d6e616d65", "1b5b326aff0a", "62792d6279746573");
        using (Process memory = Process.Start(Programs.Launch, ["memfd", sleeping, "anything", "run", "--net=host", "by-memory"]))
        {
            _running.AlertWith("by-memory");
            memory.Kill();
        }

        JsonElement name = _running.AlertWith("by-name");
        Assert.Equal((80, 6, "CRITICAL"), Scores(name));
        Assert.Equal(["PRIVILEGED", "HOST_MOUNT"], Texts(name, "suspicious_flags"));
        Assert.Equal(["T1610", "T1059.013"], Texts(name, "techniques"));
        Assert.Equal(["--privileged", "/:/host"], name.GetProperty("indicators").EnumerateArray().Select(static each => each.GetProperty("evidence").GetString()));
        Assert.Equal(docker, name.GetProperty("proc").GetString());
        Assert.Equal($"{docker} run --privileged -v /:/host alpine by-name", name.GetProperty("cmd").GetString());
        Assert.Equal("ebpf", name.GetProperty("source").GetString());
        Assert.Equal(Environment.ProcessId, name.GetProperty("ppid").GetInt32());

        Assert.Equal((0, 2, "MEDIUM"), Scores(_running.AlertWith("by-kubectl")));
        Assert.Equal((20, 3, "HIGH"), Scores(_running.AlertWith("by-execveat")));
        Assert.Equal((20, 3, "HIGH"), Scores(_running.AlertWith("by-link")));
        Assert.Equal((40, 3, "HIGH"), Scores(_running.AlertWith("by-script")));
        Assert.Equal(["RENAMED_CLI"], Texts(_running.AlertWith("by-content"), "suspicious_flags"));
        Assert.Equal(["HOST_NET", "RENAMED_CLI", "FILELESS"], Texts(_running.AlertWith("by-memory"), "suspicious_flags"));

        JsonElement asRoot = _running.AlertWith("by-setuid");
        Assert.Equal((65534, 0), (asRoot.GetProperty("uid").GetInt32(), asRoot.GetProperty("euid").GetInt32()));

        JsonElement elsewhere = _running.AlertWith("by-directory");
        Assert.Equal("/usr/share", elsewhere.GetProperty("cwd").GetString());
        Assert.Equal(["HOST_MOUNT(../..)"], Texts(elsewhere, "facts"));
        Assert.Equal((40, 3, "HIGH"), Scores(elsewhere));

        JsonElement long1 = _running.AlertWith("by-megabytes");
        Assert.Equal((40, 3, "HIGH"), Scores(long1));
        Assert.Equal("--privileged", WordsOf(long1)[^1]);
        Assert.False(long1.GetProperty("truncated").GetBoolean());
        Assert.Equal(120_000, long1.GetProperty("argv_cut")[0].GetProperty("length").GetInt32());

        JsonElement long2 = _running.AlertWith("by-many-megabytes");
        Assert.Contains("PRIVILEGED", Texts(long2, "suspicious_flags"));
        Assert.Equal(long2.GetProperty("truncated").GetBoolean(), Texts(long2, "suspicious_flags").Contains("ARGS_TRUNCATED"));

        JsonElement bytes = _running.AlertWith("by-bytes");
        Assert.Equal("G1syav8K", bytes.GetProperty("argv_bytes").GetProperty("4").GetString());
        Assert.EndsWith(@"run --privileged --name $'\x1b[2j\xff\x0a' by-bytes", bytes.GetProperty("cmd").GetString(), StringComparison.Ordinal);

        Assert.Equal(0, _running.Stop());
        AssertStoreIsWhatWasPrinted();
        AssertNothingIsLost();
    }

    [KernelFact]
    public void Two_storms_on_two_processors_lose_nothing_that_is_not_counted()
    {
        const int Executions = 40;
        string docker = CopyOfTrue("docker");
        _running = RunningAgent.Start(_directory.File("data"));

        Process[] storms = [.. new[] { "storm-one", "storm-two" }.Select(name =>
            Process.Start(Programs.Launch, ["storm", $"{Executions}", "90000", docker, "run", "--privileged", name]))];
        Array.ForEach(storms, static storm => storm.WaitForExit());
        Assert.Equal(0, _running.Stop());

        ulong lost = _running.Counters().GetValueOrDefault("kernel_lost_watched");
        Assert.Equal(2 * Executions, _running.Alerts().Count(static alert => WordsOf(alert).Any(static word => word.StartsWith("storm-", StringComparison.Ordinal))) + (int)lost);
        AssertStoreIsWhatWasPrinted();
    }

    [KernelFact]
    public void Real_clients_are_seen_by_name_and_as_copies()
    {
        string[] clients = [.. new[] { "/usr/local/bin/docker", "/usr/bin/docker", "/usr/bin/kubectl" }.Where(File.Exists)];
        _running = RunningAgent.Start(_directory.File("data"));
        foreach (string client in clients)
        {
            string tool = Path.GetFileName(client);
            string[] line = tool == "docker" ? ["-H", "unix:///nowhere", "run", "--pid=host"] : ["--server", "http://127.0.0.1:1", "get", "secrets", "--namespace"];
            string copy = _directory.File("copy-of-" + tool);
            File.Copy(client, copy, overwrite: true);

            Programs.Run(client, [.. line, "real-" + tool]);
            Programs.Run(copy, [.. line, "copied-" + tool]);

            string[] indicators = tool == "docker" ? ["HOST_PID"] : ["SECRETS_READ", "REMOTE_DAEMON"];
            Assert.Equal(indicators, Texts(_running.AlertWith("real-" + tool), "suspicious_flags"));
            JsonElement copied = _running.AlertWith("copied-" + tool);
            Assert.Equal([.. indicators, "RENAMED_CLI"], Texts(copied, "suspicious_flags"));
            Assert.Equal((tool, "content"), (copied.GetProperty("tool").GetString(), copied.GetProperty("identified_by").GetString()));
        }

        Assert.Equal(0, _running.Stop());
    }

    [KernelFact]
    public void What_runs_already_when_the_agent_starts_is_reported_once()
    {
        string docker = Go.WriteProgram(_directory.File("docker"), "example.com/other", sleeps: true);
        string renamed = Go.WriteProgram(_directory.File("innocent"), "github.com/docker/cli/cmd/docker", sleeps: true);
        using Process named = Process.Start(docker, ["run", "--privileged", "running-by-name"]);
        using Process hidden = Process.Start(renamed, ["run", "--privileged", "running-renamed"]);
        try
        {
            _running = RunningAgent.Start(_directory.File("data"));
            Assert.True(SeenAtStart(_running.AlertWith("running-by-name")));
            Assert.Contains("RENAMED_CLI", Texts(_running.AlertWith("running-renamed"), "suspicious_flags"));
            Assert.Equal(0, _running.Stop());
        }
        finally
        {
            named.Kill();
            hidden.Kill();
        }
    }

    [KernelFact]
    public void What_runs_through_a_restart_of_the_agent_is_stored_once()
    {
        string docker = Go.WriteProgram(_directory.File("docker"), "example.com/other", sleeps: true);
        _running = RunningAgent.Start(_directory.File("data"));
        using Process direct = Process.Start(docker, ["run", "--privileged", "lives-on"]);
        using Process replaced = Process.Start("/bin/sh", ["-c", "exec env \"$@\"", "sh", docker, "run", "--privileged", "third-of-its-process"]);
        try
        {
            _running.AlertWith("lives-on");
            _running.AlertWith("third-of-its-process");
            _running.CrashAgent();
            _running.Until(() => _running.Alerts().Count(SeenAtStart) == 2, "both are found again");
            Assert.Equal(0, _running.Stop());

            Assert.Equal(2, _running.Alerts().Where(SeenAtStart).Count());
            Assert.Equal(2, _running.Stored().Length);
            Assert.DoesNotContain(_running.Stored(), SeenAtStart);
            _running.AssertEverythingIsAccountedFor();
        }
        finally
        {
            direct.Kill();
            replaced.Kill();
        }
    }

    [KernelFact]
    public void What_runs_when_a_log_is_read_for_the_first_time_is_not_reported_when_it_is_gone_on_with()
    {
        string log = _directory.File("audit.log");
        File.WriteAllText(log, "");
        using Process first = Process.Start(Go.WriteProgram(_directory.File("docker"), "example.com/other", sleeps: true), ["run", "--privileged", "lives-on"]);
        try
        {
            _running = RunningAgent.Start(_directory.File("data"), "--source", "auditd", "--audit-log", log);
            Assert.True(SeenAtStart(_running.AlertWith("lives-on")));
            _running.Until(() => File.Exists(Path.Combine(_running.State, "audit.cursor")), "it is kept how far the log was read");
            _running.CrashAgent();
            File.AppendAllLines(log, new AuditWriter(new Random(1)).Write(TimeProvider.System.GetUtcNow(), 1, [.. "docker run --privileged of-the-log".Split(' ').Select(Encoding.UTF8.GetBytes)]).Select(Encoding.UTF8.GetString));
            _running.AlertWith("of-the-log"); // long after all processes were looked at
            Assert.Equal(0, _running.Stop());

            Assert.Equal(2, _running.Alerts().Length);
            Assert.Equal(2, _running.Stored().Length);
        }
        finally
        {
            first.Kill();
        }
    }

    [KernelFact]
    public void The_published_profile_says_what_the_published_detections_say()
    {
        string kubectl = CopyOfTrue("kubectl");
        _running = RunningAgent.Start(_directory.File("data"), "--profile", "published");

        Run(kubectl, "debug", "node/n1", "--profile=sysadmin", "--image=by-debug");
        Run(kubectl, "exec", "by-exec", "--", "id");

        Assert.Equal((0, 1, "MEDIUM"), Scores(_running.AlertWith("by-exec")));
        Assert.Equal((0, 6, "CRITICAL"), Scores(_running.AlertWith("by-debug")));
        Assert.Equal(0, _running.Stop());
    }

    private static bool SeenAtStart(JsonElement alert) => alert.TryGetProperty("seen_at_start", out _);

    private void AssertStoreIsWhatWasPrinted()
    {
        // The agent prints an alert when it is judged; the store has it when it is delivered, which Stop has waited for.
        string[] printed = [.. _running!.Alerts().Select(static alert => alert.GetRawText()).Order()];
        string[] stored = [.. _running.Stored().Select(static alert => alert.GetRawText()).Order()];
        Assert.Equal(printed, stored);
        Assert.Equal(printed.Length, _running.Alerts().Select(static alert => alert.GetProperty("id").GetString()).Distinct().Count());
    }

    private void AssertNothingIsLost()
    {
        Dictionary<string, ulong> counters = _running!.AssertEverythingIsAccountedFor();
        Assert.Equal(counters["kernel_sent_watched"], counters["events_watched"]);
        Assert.Equal(counters["alerts"], counters["acknowledged_alerts"]);
        Assert.DoesNotContain("lost_malformed", counters.Keys);
    }

    private static (int Risk, int Suspicion, string Severity) Scores(JsonElement alert) =>
        (alert.GetProperty("risk_score").GetInt32(), alert.GetProperty("suspicion_score").GetInt32(), alert.GetProperty("severity").GetString()!);

    private static string[] Texts(JsonElement alert, string property) => [.. alert.GetProperty(property).EnumerateArray().Select(static text => text.GetString()!)];

    private static void Run(string program, params string[] arguments)
    {
        Programs.Outcome outcome = Programs.Run(program, arguments);
        Assert.True(outcome.ExitCode == 0, $"{program}: {outcome.ExitCode} {outcome.Error}");
    }

    private string CopyOfTrue(string name)
    {
        string path = _directory.File(name);
        File.Copy("/bin/true", path);
        return path;
    }
}
