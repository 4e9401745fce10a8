using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Tallyman.Agent.Model;
using Tallyman.Agent.Sources;
using Tallyman.Agent.Sources.Ebpf;
using Tallyman.Agent.Status;
using Xunit;

namespace Tallyman.Agent.Tests.Sources.Ebpf;

/// <summary>The eBPF program on this kernel and what user space makes of it: real processes, no stand-ins.</summary>
public sealed class EbpfExecSourceTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Counters _counters = new();
    private readonly EventQueue _events;
    private readonly List<ExecEvent> _seen = [];
    private EbpfExecSource? _source;

    public EbpfExecSourceTests() => _events = new EventQueue(_counters);

    public void Dispose()
    {
        _source?.Dispose();
        _directory.Dispose();
    }

    [KernelFact]
    public async Task An_execution_comes_with_everything_that_is_to_be_known_of_it()
    {
        string docker = CopyOfTrue("docker");
        Start();
        Process process = Process.Start(new ProcessStartInfo(docker, ["run", "--privileged", "é"])
        {
            WorkingDirectory = "/usr/share",
            Environment = { ["DOCKER_HOST"] = "tcp://10.0.0.1:2375", ["SECRET_THING"] = "x" },
        })!;
        int pid = process.Id;
        await process.WaitForExitAsync();
        ExecEvent exec = await EventOfAsync(exec => exec.Pid == pid);

        Assert.Equal([docker, "run", "--privileged", "é"], Words(exec));
        Assert.Equal(4u, exec.Argc);
        Assert.Equal(0, exec.MissingBytes);
        Assert.Equal(IdentifiedBy.Name, exec.IdentifiedBy);
        Assert.Equal("docker", exec.Program.Name);
        Assert.Equal(docker, exec.FileName.ToString());
        Assert.Equal(docker, exec.Executable.ToString());
        Assert.Equal(1u, exec.Links);
        Assert.Equal("/usr/share", exec.Directory.ToString());
        Assert.Equal("/", exec.Root.ToString());
        Assert.Equal("docker", exec.Comm.ToString());
        Assert.Equal((uint)Environment.ProcessId, exec.ParentPid);
        Assert.Equal("tcp://10.0.0.1:2375", exec.Environment["DOCKER_HOST"].ToString());
        Assert.DoesNotContain("SECRET_THING", exec.Environment.Keys);
        Assert.InRange(exec.Time, DateTimeOffset.FromUnixTimeSeconds(0).AddYears(50), TimeProvider.System.GetUtcNow().AddSeconds(1));

        // What /proc says of this process is true of its child too.
        string[] self = File.ReadAllLines("/proc/self/status");
        Assert.Equal(Field(self, "Uid:", 0), exec.Uid);
        Assert.Equal(Field(self, "Uid:", 1), exec.Euid);
        Assert.Equal(Field(self, "Gid:", 0), exec.Gid);
        Assert.Equal(Namespace("mnt"), exec.MountNamespace);
        Assert.Equal(Namespace("pid"), exec.PidNamespace);
        Assert.Equal(Namespace("user"), exec.UserNamespace);
        uint login = uint.Parse(await File.ReadAllTextAsync("/proc/self/loginuid"), CultureInfo.InvariantCulture);
        Assert.Equal(login == uint.MaxValue ? null : login, exec.LoginUid);
        string cgroups = await File.ReadAllTextAsync("/proc/self/cgroup");
        Assert.Contains(":" + exec.Cgroup, cgroups, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_name_is_known_through_links_descriptors_and_other_directories()
    {
        string docker = CopyOfTrue("docker");
        string link = _directory.File("kubectl");
        File.CreateSymbolicLink(link, docker);
        string other = _directory.File("harmless");
        File.CreateSymbolicLink(other, docker);
        Start();

        Run(link, "asked-for-by-link");
        Run(other, "known-by-the-file-behind-it");
        Run(Programs.Launch, "execveat", docker, "by-descriptor");
        Programs.Run(new ProcessStartInfo("/bin/sh", ["-c", "cd " + _directory.Path + " && exec ./docker relative"]));

        ExecEvent byLink = await EventOfAsync(exec => Words(exec).Contains("asked-for-by-link"));
        Assert.Equal(("kubectl", IdentifiedBy.Name), (byLink.Program.Name, byLink.IdentifiedBy));
        Assert.Equal(docker, byLink.Executable.ToString());
        Assert.Equal(link, byLink.FileName.ToString());

        ExecEvent behind = await EventOfAsync(exec => Words(exec).Contains("known-by-the-file-behind-it"));
        Assert.Equal(("docker", IdentifiedBy.Entry), (behind.Program.Name, behind.IdentifiedBy));

        ExecEvent descriptor = await EventOfAsync(exec => Words(exec).Contains("by-descriptor"));
        Assert.Equal("docker", descriptor.Program.Name);
        Assert.StartsWith("/dev/fd/", descriptor.FileName.ToString(), StringComparison.Ordinal);
        Assert.Equal(docker, descriptor.Executable.ToString());

        ExecEvent relative = await EventOfAsync(exec => Words(exec).Contains("relative"));
        Assert.Equal("./docker", relative.FileName.ToString());
        Assert.Equal(_directory.Path, relative.Directory.ToString());
    }

    [KernelFact]
    public async Task A_script_is_not_the_tool_whose_name_it_has_but_what_it_starts_is()
    {
        string docker = CopyOfTrue("docker");
        string script = _directory.File("kubectl");
        await File.WriteAllTextAsync(script, $"#!/bin/sh\nexec {docker} from-the-script \"$@\"\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Start();

        Run(script, "to-the-script");

        ExecEvent exec = await EventOfAsync(exec => Words(exec).Contains("to-the-script"));
        Assert.Equal("docker", exec.Program.Name);
        Assert.Equal([docker, "from-the-script", "to-the-script"], Words(exec));
        Stop();
        Assert.Single(_seen, exec => Words(exec).Contains("to-the-script"));
    }

    [KernelFact]
    public async Task A_copy_under_another_name_is_known_by_its_content_from_its_first_execution_on()
    {
        string copy = Go.WriteProgram(_directory.File("innocent"), "github.com/docker/cli/cmd/docker");
        string other = Go.WriteProgram(_directory.File("containerd-like"), "github.com/containerd/containerd/cmd/containerd");
        Start();

        Run(copy, "first");
        Run(other, "not-a-tool");
        ExecEvent first = await EventOfAsync(exec => Words(exec).Contains("first"));
        Run(copy, "second");
        ExecEvent second = await EventOfAsync(exec => Words(exec).Contains("second"));

        Assert.Equal(("docker", IdentifiedBy.Content), (first.Program.Name, first.IdentifiedBy));
        Assert.Equal(("docker", IdentifiedBy.Content), (second.Program.Name, second.IdentifiedBy));
        Stop();
        Assert.DoesNotContain(_seen, exec => Words(exec).Contains("not-a-tool"));
        Assert.Equal(1u, _counters[Counter.UnknownTools]); // the kernel knew the second by itself
    }

    [KernelFact]
    public async Task A_changed_file_is_looked_into_again()
    {
        string program = Go.WriteProgram(_directory.File("tool"), "example.com/harmless");
        Start();

        Run(program, "while-harmless");
        Go.WriteProgram(program, "k8s.io/kubernetes/cmd/kubectl");
        Run(program, "overwritten");

        ExecEvent exec = await EventOfAsync(exec => Words(exec).Contains("overwritten"));
        Assert.Equal("kubectl", exec.Program.Name);
        Stop();
        Assert.DoesNotContain(_seen, exec => Words(exec).Contains("while-harmless"));
    }

    [KernelFact]
    public async Task A_program_without_a_file_is_known_and_has_no_links()
    {
        string copy = Go.WriteProgram(_directory.File("copy"), "github.com/docker/cli/cmd/docker", sleeps: true);
        Start();

        using Process inMemory = Process.Start(Programs.Launch, ["memfd", copy, "anything", "from-memory"]);
        ExecEvent memory = await EventOfAsync(exec => Words(exec).Contains("from-memory"));
        inMemory.Kill();
        using Process unlinked = Process.Start(Programs.Launch, ["deleted", copy, "from-a-deleted-file"]);
        ExecEvent deleted = await EventOfAsync(exec => Words(exec).Contains("from-a-deleted-file"));
        unlinked.Kill();

        Assert.Equal(("docker", 0u), (memory.Program.Name, memory.Links));
        Assert.Equal("/memfd:anything", memory.Executable.ToString());
        Assert.Equal(("docker", 0u), (deleted.Program.Name, deleted.Links));
    }

    [KernelFact]
    public async Task Arguments_may_be_any_bytes_none_or_a_hundred_thousand()
    {
        string docker = CopyOfTrue("docker");
        byte[] all = [.. Enumerable.Range(1, 255).Select(static b => (byte)b)];
        Start();

        Run(Programs.Launch, "hex", docker, Convert.ToHexString(all), "", "6d61726b");
        Run(Programs.Launch, "empty", docker);
        Run(Programs.Launch, "many", "100000", docker, "a-hundred-thousand", "--", "end-of-many");

        ExecEvent bytes = await EventOfAsync(exec => Words(exec).Contains("mark"));
        Assert.Equal(all, bytes.Argv[1].ToArray());
        Assert.Equal(0, bytes.Argv[2].Length);

        // Since Linux 5.18 a program without arguments gets an empty one.
        ExecEvent empty = await EventOfAsync(exec => exec.Argv.Count == 0 || (exec.Argv.Count == 1 && exec.Argv[0].IsEmpty));
        Assert.Equal((uint)empty.Argv.Count, empty.Argc);

        ExecEvent many = await EventOfAsync(exec => exec.Argv.Count > 1000);
        Assert.Equal(100_003, many.Argv.Count);
        Assert.Equal(0, many.MissingBytes);
        Assert.Equal("end-of-many", Encoding.UTF8.GetString(many.Argv[100_002]));
    }

    [KernelFact]
    public async Task Long_arguments_come_whole_up_to_two_megabytes()
    {
        string docker = CopyOfTrue("docker");
        Start();

        Run(Programs.Launch, "big", "12", "120000", docker, "run", "--", "--privileged");

        ExecEvent exec = await EventOfAsync(exec => exec.Argv.Length > 1_000_000);
        Assert.Equal(2 + 24 + 1, exec.Argv.Count);
        Assert.Equal(0, exec.MissingBytes);
        Assert.Equal("--privileged", Words(exec)[^1]);
        Assert.All(Enumerable.Range(0, 12), i => Assert.Equal(120_000, exec.Argv[3 + (2 * i)].Length));
    }

    [KernelFact]
    public async Task Of_longer_ones_head_and_tail_come_and_what_is_missing_is_said()
    {
        string docker = CopyOfTrue("docker");
        Start();

        Run(Programs.Launch, "big", "40", "125000", docker, "run", "--", "--privileged");

        ExecEvent exec = await EventOfAsync(exec => exec.Argv.Length > 1_000_000);
        const long Length = 40L * (8 + 125_001); // "--label" and the text, each with its NUL
        Assert.InRange(exec.Argv.Length + exec.MissingBytes, Length, Length + 1000);
        Assert.Equal(2u + 80 + 1, exec.Argc);
        Assert.Equal(docker, Words(exec)[0]);
        Assert.Equal("--privileged", Words(exec)[^1]);
        // Where the process has not ended yet, it tells the rest itself.
        Assert.True(exec.MissingBytes == 0 || exec.Argv.Length == 2 * 1024 * 1024, $"{exec.MissingBytes} bytes are missing");
    }

    [KernelFact]
    public async Task Chunks_of_two_processors_are_put_together_each_with_its_own()
    {
        const int Executions = 60;
        const int Size = 90_000;
        string docker = CopyOfTrue("docker");
        Start();

        Process[] storms = [.. new[] { "one", "two" }.Select(name =>
            Process.Start(Programs.Launch, ["storm", $"{Executions}", $"{Size}", docker, "storm-" + name]))];
        foreach (Process storm in storms)
        {
            await storm.WaitForExitAsync();
            storm.Dispose();
        }

        Stop();
        ExecEvent[] events = [.. _seen.Where(static exec => Words(exec) is [_, "storm-one" or "storm-two", ..])];
        Assert.Equal(2 * Executions, events.Length + (int)KernelCount("lost_watched"));
        Assert.Equal(events.Any(static exec => exec.MissingBytes > 0), KernelCount("lost_chunks") > 0);
        ExecEvent[] whole = [.. events.Where(static exec => exec.MissingBytes == 0)];
        Assert.NotEmpty(whole);
        Assert.Equal(whole.Length, whole.Select(static exec => string.Join(' ', Words(exec))).Distinct().Count());
        Assert.All(whole, static exec =>
        {
            string text = Words(exec)[2];
            string number = text[..text.IndexOf('.', StringComparison.Ordinal)];
            Assert.Equal(number + "." + new string('x', Size - number.Length - 1), text);
        });
    }

    [KernelFact]
    public async Task A_setuid_program_shows_who_asked_and_as_whom_it_runs()
    {
        string docker = CopyOfTrue("docker");
        File.SetUnixFileMode(docker, UnixFileMode.SetUser | UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherExecute | UnixFileMode.GroupExecute);
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_101_101);
        Start();

        Programs.Outcome outcome = Programs.Run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", docker, "as-root-for-nobody");
        Assert.True(outcome.ExitCode == 0, outcome.Error);

        ExecEvent exec = await EventOfAsync(exec => Words(exec).Contains("as-root-for-nobody"));
        Assert.Equal((65534u, 0u, 65534u), (exec.Uid, exec.Euid, exec.Gid));
    }

    [KernelFact]
    public async Task A_process_below_another_root_has_its_directory_as_it_sees_it()
    {
        string root = Directory.CreateDirectory(_directory.File("jail")).FullName;
        Directory.CreateDirectory(Path.Combine(root, "work/deeper"));
        foreach (string file in Libraries("/bin/true").Append("/bin/true"))
        {
            string target = root + (file == "/bin/true" ? "/work/docker" : file);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        Start();
        Programs.Outcome outcome = Programs.Run("unshare", $"--root={root}", "--wd=/work/deeper", "/work/docker", "in-a-jail");
        Assert.True(outcome.ExitCode == 0, outcome.Error);

        ExecEvent exec = await EventOfAsync(exec => Words(exec).Contains("in-a-jail"));
        Assert.Equal("/work/deeper", exec.Directory.ToString());
        Assert.Equal(root, exec.Root.ToString());
        Assert.Equal(root + "/work/docker", exec.Executable.ToString());
    }

    [KernelFact]
    public async Task Directories_of_any_depth_are_walked()
    {
        string docker = CopyOfTrue("docker");
        string deep = _directory.Path;
        for (int i = 0; i < 300; i++)
        {
            deep += "/d" + i.ToString(CultureInfo.InvariantCulture);
        }

        Directory.CreateDirectory(deep);
        Start();

        Process.Start(new ProcessStartInfo(docker, ["deep"]) { WorkingDirectory = deep })!.WaitForExit();

        ExecEvent exec = await EventOfAsync(exec => Words(exec).Contains("deep"));
        Assert.Equal(deep, exec.Directory.ToString());
    }

    [KernelFact]
    public async Task A_binary_that_is_none_of_the_tools_is_sent_only_until_that_is_known()
    {
        const int Binaries = 200;
        const int Times = 20;
        string[] programs = [.. Enumerable.Range(0, Binaries).Select(i => CopyOfTrue("p" + i.ToString(CultureInfo.InvariantCulture)))];
        Start();

        Array.ForEach(programs, program => Run(program));
        await UntilAsync(() => _counters[Counter.UnknownNotTools] >= Binaries);
        ulong sentAtFirst = KernelCount("sent_unknown");
        ulong ignoredAtFirst = KernelCount("ignored");
        for (int i = 1; i < Times; i++)
        {
            Array.ForEach(programs, program => Run(program));
        }

        // All the rest is decided in the kernel; other programs of this machine may add a few.
        Assert.True(KernelCount("ignored") - ignoredAtFirst >= Binaries * (Times - 1));
        Assert.InRange(KernelCount("sent_unknown") - sentAtFirst, 0u, 100u);
        Stop();
        Assert.Equal(
            KernelCount("seen"),
            KernelCount("ignored") + KernelCount("sent_watched") + KernelCount("sent_unknown") + KernelCount("lost_watched") + KernelCount("lost_unknown"));
    }

    [KernelFact]
    public void What_user_space_gets_is_what_the_kernel_sends()
    {
        string docker = CopyOfTrue("docker");
        Start();
        Run(Programs.Launch, "storm", "500", "100", docker, "counted");
        Stop();

        Assert.Equal(500, _seen.Count(exec => Words(exec).Contains("counted")));
        Assert.Equal(KernelCount("sent_watched"), _counters[Counter.EventsWatched]);
        Assert.Equal(KernelCount("sent_unknown"), _counters[Counter.EventsUnknown]);
        Assert.Equal(
            _counters[Counter.EventsUnknown],
            _counters[Counter.UnknownNotTools] + _counters[Counter.UnknownTools] + _counters[Counter.LostUnknownGone]
                + _counters[Counter.LostUnknownRefused] + _counters[Counter.LostUnknownQueueFull]);
        Assert.Equal(0u, _counters[Counter.LostMalformed]);
        Assert.Equal(0u, KernelCount("missed"));
    }

    private static string[] Words(ExecEvent exec) => [.. Enumerable.Range(0, Math.Min(200, exec.Argv.Count)).Select(i => Encoding.UTF8.GetString(exec.Argv[i]))];

    private static void Run(string program, params string[] arguments)
    {
        Programs.Outcome outcome = Programs.Run(program, arguments);
        Assert.True(outcome.ExitCode == 0, $"{program}: {outcome.ExitCode} {outcome.Error}");
    }

    private static uint Field(string[] status, string name, int column) =>
        uint.Parse(status.First(line => line.StartsWith(name, StringComparison.Ordinal)).Split('\t')[column + 1], CultureInfo.InvariantCulture);

    private static uint Namespace(string kind) =>
        uint.Parse(new FileInfo($"/proc/self/ns/{kind}").LinkTarget!.Split('[', ']')[1], CultureInfo.InvariantCulture);

    private static IEnumerable<string> Libraries(string program) =>
        from word in Programs.Run("ldd", program).Output.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries)
        where word.StartsWith('/')
        select word;

    private string CopyOfTrue(string name)
    {
        string path = _directory.File(name);
        File.Copy("/bin/true", path);
        return path;
    }

    private void Start()
    {
        _source = EbpfExecSource.Load(_events, _counters, new ProcFs(), TimeProvider.System, NullLogger.Instance);
        _source.Start();
    }

    /// <summary>Takes everything that was seen.</summary>
    private void Stop()
    {
        _source!.Stop();
        while (_events.TryRead(out ExecEvent? exec))
        {
            _seen.Add(exec);
        }
    }

    private ulong KernelCount(string name) => _source!.ReadKernelCounters().Single(counter => counter.Key == "kernel_" + name).Value;

    private async Task<ExecEvent> EventOfAsync(Predicate<ExecEvent> predicate)
    {
        await UntilAsync(() =>
        {
            while (_events.TryRead(out ExecEvent? exec))
            {
                _seen.Add(exec);
            }

            return _seen.Exists(predicate);
        });
        return _seen.Find(predicate)!;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        var patience = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(patience.Elapsed < TimeSpan.FromMinutes(2), "what was waited for has not come in two minutes");
            await Task.Delay(20);
        }
    }
}
