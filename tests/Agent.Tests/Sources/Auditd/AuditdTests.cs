using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Tallyman.Agent.Sources;
using Tallyman.Agent.Sources.Auditd;
using Tallyman.Agent.Sources.Ebpf;
using Tallyman.Agent.Status;
using Tallyman.Agent.Tests.CommandLines.Generated;
using Xunit;
using Xunit.Abstractions;

namespace Tallyman.Agent.Tests.Sources.Auditd;

/// <summary>The real auditd beside the eBPF source, on this kernel.</summary>
[Collection(Auditd.Collection)]
public sealed class AuditdTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Counters _counters = new();
    private readonly Health _health = new();
    private readonly List<IDisposable> _running = [];

    public void Dispose()
    {
        _running.Reverse();
        _running.ForEach(static each => each.Dispose());
        _directory.Dispose();
    }

    [AuditdFact]
    public async Task Both_sources_say_the_same_of_every_execution()
    {
        (List<string> commands, int expected) = Commands();
        Start(new Auditd(_directory.Path));
        (IExecSource audit, EventQueue fromAudit) = StartAudit();
        var fromEbpf = new EventQueue(new Counters());
        EbpfExecSource ebpf = Start(EbpfExecSource.Load(fromEbpf, new Counters(), new Progress(TimeProvider.System), new ProcFs(), TimeProvider.System, NullLogger.Instance));
        ebpf.Start();
        string script = _directory.File("all.sh");
        await File.WriteAllLinesAsync(script, commands);

        Programs.Outcome outcome = Programs.Run("sh", script);

        Assert.True(outcome.ExitCode == 0, outcome.Error);
        var seen = new Dictionary<string, ExecEvent>();
        await UntilAsync(() => Take(fromAudit, seen) >= expected, () => $"{seen.Count} of {expected} executions in the log, {string.Join(", ", _counters.Read().Where(static counter => counter.Value > 0))}");
        audit.Stop();
        ebpf.Stop();
        Take(fromAudit, seen);
        var wanted = new Dictionary<string, ExecEvent>();
        Take(fromEbpf, wanted);
        Assert.Equal(wanted.Keys.Order(), seen.Keys.Order());
        Assert.Equal(expected, wanted.Count);
        RuleSet rules = RuleSet.Shipped("default");
        Assert.All(wanted, pair => Assert.Equal(Told(pair.Value, rules), Told(seen[pair.Key], rules)));
        Assert.All(wanted, pair => Assert.Equal(AuditRun.Arguments(pair.Value.Argv), AuditRun.Arguments(seen[pair.Key].Argv)));
        Assert.All(wanted, pair => Assert.InRange((pair.Value.Time - seen[pair.Key].Time).TotalSeconds, -1, 1));
    }

    [AuditdFact]
    public async Task While_auditd_rotates_each_execution_is_seen_once()
    {
        using var auditd = new Auditd(_directory.Path);
        (IExecSource source, EventQueue events) = StartAudit();
        string docker = CopyOfTrue("docker");
        var seen = new List<string>();
        int storms = 0;
        int rotations = 0;
        var rotating = Stopwatch.StartNew();
        var patience = Stopwatch.StartNew();
        while (patience.Elapsed < TimeSpan.FromSeconds(Setting.AuditSeconds))
        {
            using Process storm = Process.Start(Programs.Launch, ["storm", "250", "100", docker, string.Create(CultureInfo.InvariantCulture, $"storm-{storms++}")]);
            await storm.WaitForExitAsync();
            if (rotating.Elapsed > TimeSpan.FromSeconds(1))
            {
                auditd.Rotate();
                rotations++;
                rotating.Restart();
            }

            Take(events, seen);
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{250 * storms / patience.Elapsed.TotalSeconds:N0} executions a second, {rotations} rotations"));
        await UntilAsync(() => Take(events, seen) >= 250 * storms, () => $"{seen.Count} of {250 * storms} executions");
        source.Stop();
        Take(events, seen);
        Assert.Equal(250 * storms, seen.Count);
        Assert.Equal(250 * storms, seen.Distinct().Count());
        Assert.Equal(0u, _counters[Counter.LostAuditGaps]);
    }

    [AuditdFact]
    public async Task An_auditd_that_writes_nothing_any_more_is_an_ailment_until_it_writes_again()
    {
        using var auditd = new Auditd(_directory.Path);
        (IExecSource source, _) = StartAudit();
        await CheckUntilAsync(silent: false);
        Assert.Null(_health[Ailment.AuditSetup]);
        Assert.Null(_health[Ailment.AuditLossUnknown]);
        auditd.Signal("STOP");
        await CheckUntilAsync(silent: true);
        auditd.Signal("CONT");
        await CheckUntilAsync(silent: false);
        Auditd.Tell("-D", "-k", "tallyman-test");
        Assert.True(source.IsAlive());
        Assert.Equal(
            "rules are missing: auditctl -a always,exit -F arch=b64 -S execve,execveat -k tallyman && auditctl -a always,exit -F arch=b32 -S execve,execveat -k tallyman",
            _health[Ailment.AuditSetup]);
        source.Stop();
        Assert.Empty(_health.Ailments());

        // Each look executes something that the next is to find.
        async Task CheckUntilAsync(bool silent)
        {
            Assert.True(source.IsAlive());
            await UntilAsync(
                () =>
                {
                    Assert.True(source.IsAlive());
                    return (_health[Ailment.AuditSilent] is not null) == silent;
                },
                () => $"silent: {!silent}");
        }
    }

    [AuditdFact]
    public void Rules_that_are_missing_are_said_as_they_have_to_be_typed()
    {
        using (new Auditd(_directory.Path))
        {
            Assert.Empty(AuditRules.TryFindMissing()!);
            Assert.True(AuditKernel.TryRead() is { IsEnabled: true, Daemon: > 0 });
            Auditd.Tell("-D", "-k", "tallyman-test");
            IReadOnlyList<string> lines = AuditRules.TryFindMissing()!;
            Assert.Equal(
                ["auditctl -a always,exit -F arch=b64 -S execve,execveat -k tallyman", "auditctl -a always,exit -F arch=b32 -S execve,execveat -k tallyman"],
                lines);
            Auditd.Tell("-a", "always,exit", "-F", "arch=b64", "-S", "execve", "-F", "uid=12345", "-k", "tallyman-test");
            Assert.Equal(lines, AuditRules.TryFindMissing());
            Auditd.Tell("-a", "always,exit", "-F", "arch=b64", "-S", "execve", "-k", "tallyman-test");
            Assert.Equal("auditctl -a always,exit -F arch=b64 -S execveat -k tallyman", AuditRules.TryFindMissing()![0]);
            Auditd.Tell("-D", "-k", "tallyman-test");
            foreach (string line in lines)
            {
                Auditd.Tell(line.Split(' ')[1..]);
            }

            Assert.Empty(AuditRules.TryFindMissing()!);
            Auditd.Tell("-D", "-k", "tallyman");
            Auditd.Tell("-R", Repository.Path("packaging/audit/tallyman.rules"));
            Assert.Empty(AuditRules.TryFindMissing()!);
            Auditd.Tell("-D", "-k", "tallyman");
            Auditd.Tell("-a", "always,exclude", "-F", "msgtype=CWD");
            string left = Assert.Single(AuditRules.TryFindMissing()!, static line => line.Contains("exclude", StringComparison.Ordinal));
            Assert.Equal("auditctl -d always,exclude -F msgtype=CWD", left);
            Auditd.Tell(left.Split(' ')[1..]);
            Assert.DoesNotContain(left, AuditRules.TryFindMissing()!);
        }
    }

    [AuditdTheory]
    [InlineData("-a never,exclude -F msgtype=EXECVE", "auditctl -d never,exclude -F msgtype=EXECVE")]
    [InlineData("-A never,exit -F arch=b64 -S execve -F uid=12345", "auditctl -A always,exit -F arch=b64 -S execve -k tallyman-first")]
    [InlineData("-A never,exit -F exe=/bin/true", "auditctl -A always,exit -F arch=b64 -S execve,execveat -k tallyman-first && auditctl -A always,exit -F arch=b32 -S execve,execveat -k tallyman-first")]
    [InlineData("-A never,exit -F arch=b64 -S open -F uid=12345", "")]
    [InlineData("-a never,exit -F arch=b64 -S execve -F uid=12345", "")] // behind, where it does nothing
    [InlineData("-A never,exit -F arch=b64 -S execve -F path=/bin/true", "auditctl -A always,exit -F arch=b64 -S execve -k tallyman-first")]
    [InlineData("-a never,task -F uid=12345", "auditctl -l | grep never,task # and auditctl -d for each")]
    public void Rules_that_keep_executions_away_are_said_too(string rule, string said)
    {
        using (new Auditd(_directory.Path))
        {
            string[] words = rule.Split(' ');
            Auditd.Tell(words);
            try
            {
                IReadOnlyList<string> lines = AuditRules.TryFindMissing()!;
                Assert.Equal(said, string.Join(" && ", lines));
                foreach (string line in lines.Where(static line => line.Contains(" -A ", StringComparison.Ordinal)))
                {
                    Auditd.Tell(line.Split(' ')[1..]);
                    Assert.DoesNotContain(line, AuditRules.TryFindMissing()!);
                }
            }
            finally
            {
                Auditd.Tell(["-d", .. words[1..]]);
            }
        }
    }

    [AuditdFact]
    public async Task The_first_rule_that_fits_wins_those_of_a_file_too()
    {
        using var auditd = new Auditd(_directory.Path);
        (string kept, string away) = (CopyOfTrue("kept"), CopyOfTrue("away"));
        string[] rule = ["never,exit", "-F", "arch=b64", "-S", "execve", "-F", "path=" + away, "-k", "tallyman-test"];
        Auditd.Tell(["-a", .. rule]);
        await SeenAsync(away);
        Auditd.Tell(["-d", .. rule]);
        Auditd.Tell(["-A", .. rule]);
        int before = Count(away);
        Programs.Run(away);
        await SeenAsync(kept);
        Assert.Equal(before, Count(away));
        string line = Assert.Single(AuditRules.TryFindMissing()!);
        Auditd.Tell(line.Split(' ')[1..]);
        await SeenAsync(away);

        async Task SeenAsync(string program)
        {
            int seen = Count(program);
            Programs.Run(program);
            await UntilAsync(() => Count(program) > seen, () => $"{program} is not in the log");
        }

        int Count(string program) => File.ReadAllText(auditd.Log).Split($"exe=\"{program}\"").Length - 1;
    }

    [AuditdFact]
    public async Task What_the_kernel_loses_is_counted()
    {
        using var auditd = new Auditd(_directory.Path);
        (IExecSource source, _) = StartAudit();
        Assert.Equal(0u, Lost());
        auditd.Signal("STOP");
        Auditd.Tell("-b", "64");
        Auditd.Tell("--backlog_wait_time", "0");
        await UntilAsync(
            () =>
            {
                Programs.Run("true");
                return Lost() > 0;
            },
            static () => "nothing is lost");
        auditd.Signal("CONT");

        ulong Lost() => source.ReadCounters().Single(static counter => counter.Key == "lost_audit_kernel").Value;
    }

    /// <summary>Lines of a shell, each of which has one execution of a tool with a word of its own behind the tool's name; and how many.</summary>
    private (List<string> Lines, int Executions) Commands()
    {
        string docker = CopyOfTrue("docker");
        string kubectl = CopyOfTrue("kubectl");
        string link = _directory.File("linked");
        File.CreateSymbolicLink(link, docker);
        string setuid = Directory.CreateDirectory(_directory.File("setuid")).FullName + "/docker";
        File.Copy("/bin/true", setuid);
        File.SetUnixFileMode(setuid, UnixFileMode.SetUser | UnixFileMode.SetGroup | (UnixFileMode)0b111_101_101);
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_101_101);
        string renamed = Go.WriteProgram(_directory.File("innocent"), "github.com/docker/cli/cmd/docker");
        string script = Directory.CreateDirectory(_directory.File("scripts")).FullName + "/docker";
        File.WriteAllText(script, $"#!/bin/sh -e\n{docker} \"$@\"\n");
        File.SetUnixFileMode(script, (UnixFileMode)0b111_101_101);
        string deleted = _directory.File("deleted");
        File.Copy(docker, Directory.CreateDirectory(deleted).FullName + "/podman");
        int tag = 0;
        string Tag() => string.Create(CultureInfo.InvariantCulture, $"tag-{tag++}");
        var commands = new List<string>
        {
            $"{docker} {Tag()} run --privileged -v /:/host alpine chroot /host sh",
            $"{kubectl} {Tag()} get secrets -A",
            $"{link} {Tag()} run --net=host alpine",
            $"{renamed} {Tag()} run --pid=host alpine",
            $"{script} {Tag()} run --privileged",
            $"setpriv --reuid=65534 --regid=65533 --clear-groups {setuid} {Tag()} run --net=host x",
            $"(cd /usr/share && exec {docker} {Tag()} run -v ../..:/h x)",
            $"(cd {_directory.Path} && ./docker {Tag()} run -v .:/h x)",
            $"(cd '{_directory.Path}/setuid' && ../scripts/../docker {Tag()} ps)",
            $"script -qc '{docker} {Tag()} run --net=host x' /dev/null < /dev/null", // has a terminal
            $"{Programs.Launch} execveat {docker} {Tag()} run --net=host",
            $"{Programs.Launch} deleted {deleted}/podman {Tag()} run --privileged x",
            $"{Programs.Launch} big 1 131071 {docker} {Tag()} -- end",
            $"{Programs.Launch} big 3 120000 {docker} {Tag()} -- --privileged",
            $"{Programs.Launch} many 3000 {docker} {Tag()} -- --privileged",
            $"{Programs.Launch} hex {docker} {Hex(Tag())} {Convert.ToHexString([.. Enumerable.Range(1, 255).Select(static b => (byte)b)])} ''",
            $"DOCKER_HOST=tcp://198.51.100.7:2375 true", // not a tool; nothing is said of it
        };
        var random = new Random(Setting.Seed);
        foreach (int size in (int[])[.. Enumerable.Range(7290, 20), .. Enumerable.Range(7390, 20), .. Enumerable.Range(7440, 80), .. Enumerable.Range(14_990, 20), 20_000, 40_000, 65_000])
        {
            byte filling = random.Next(2) == 0 ? (byte)'A' : (byte)' ';
            commands.Add($"{Programs.Launch} hex {docker} {Hex(Tag())} {Convert.ToHexString(Enumerable.Repeat(filling, size).ToArray())} {Hex("tail")}");
        }

        var writer = new AuditWriter(random);
        while (tag < Setting.AuditExecutions)
        {
            IEnumerable<byte[]> words = writer.SomeArguments().Skip(1).Where(static word => word.Length < 60_000).Take(30);
            commands.Add($"{Programs.Launch} hex {docker} {Hex(Tag())} {string.Join(' ', words.Select(static word => word.Length == 0 ? "''" : Convert.ToHexString(word)))}");
        }

        return (commands, tag);

        static string Hex(string text) => Convert.ToHexString(Encoding.UTF8.GetBytes(text));
    }

    private static string Told(ExecEvent exec, RuleSet rules)
    {
        Invocation invocation = CommandLineReader.Read(exec);
        Verdict verdict = rules.Judge(invocation);
        return string.Join(
            '\n',
            $"{exec.Program.Name} by {exec.IdentifiedBy}, {exec.Argc} arguments, {exec.MissingBytes} bytes missing, {exec.Links} links",
            $"{exec.FileName} {exec.Executable} in {exec.Directory} as {exec.Comm}",
            $"pid {exec.Pid} ppid {exec.ParentPid} uid {exec.Uid} euid {exec.Euid} gid {exec.Gid} login {exec.LoginUid} session {exec.Session} tty {exec.Tty}",
            $"{invocation.Command}: risk {verdict.RiskScore}, {verdict.Parts}: {string.Join(' ', verdict.Indicators.Select(static indicator => indicator.Id))}");
    }

    private static int Take(EventQueue events, Dictionary<string, ExecEvent> seen)
    {
        while (events.TryRead(out ExecEvent? exec))
        {
            if (exec.Argv.Count > 1 && exec.Argv[1].StartsWith("tag-"u8))
            {
                Assert.True(seen.TryAdd(Encoding.UTF8.GetString(exec.Argv[1]), exec), $"twice: {exec.Argv}");
            }
        }

        return seen.Count;
    }

    private static int Take(EventQueue events, List<string> seen)
    {
        while (events.TryRead(out ExecEvent? exec))
        {
            if (exec.Argv.Count > 2 && exec.Argv[1].StartsWith("storm-"u8))
            {
                seen.Add(exec.Argv.ToString());
            }
        }

        return seen.Count;
    }

    private static async Task UntilAsync(Func<bool> condition, Func<string> state)
    {
        var patience = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(patience.Elapsed < TimeSpan.FromMinutes(2), $"not in two minutes: {state()}");
            await Task.Delay(50);
        }
    }

    private (IExecSource Source, EventQueue Events) StartAudit()
    {
        var events = new EventQueue(_counters);
        var options = new AuditLogOptions(_directory.File("audit.log"), _directory.File("state"));
        AuditExecSource source = Start(AuditExecSource.Load(options, events, _counters, new Progress(TimeProvider.System), _health, new ProcFs(), TimeProvider.System, NullLogger.Instance));
        source.Start();
        return (source, events);
    }

    private T Start<T>(T running)
        where T : IDisposable
    {
        _running.Add(running);
        return running;
    }

    private string CopyOfTrue(string name)
    {
        File.Copy("/bin/true", _directory.File(name));
        return _directory.File(name);
    }
}
