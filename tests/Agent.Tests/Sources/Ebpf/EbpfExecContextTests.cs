using System.Diagnostics;
using System.Globalization;
using Tallyman.Agent.Model;
using Tallyman.Agent.Status;
using Xunit;

namespace Tallyman.Agent.Tests.Sources.Ebpf;

/// <summary>What comes with an execution: who, where, from where; and that nothing is lost uncounted.</summary>
public sealed class EbpfExecContextTests : EbpfExecFixture
{
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
    public async Task The_terminal_is_told_by_its_name()
    {
        string docker = CopyOfTrue("docker");
        Start();
        Programs.Run("sh", "-c", $"script -qc '{docker} run on-a-terminal' /dev/null < /dev/null; setsid {docker} run on-none");
        Assert.Matches("^pts[0-9]+$", (await EventOfAsync(static exec => Words(exec).Contains("on-a-terminal"))).Tty.ToString());
        Assert.Equal("", (await EventOfAsync(static exec => Words(exec).Contains("on-none"))).Tty.ToString());
    }

    [KernelFact]
    public async Task A_setuid_program_shows_who_asked_and_as_whom_it_runs()
    {
        string docker = CopyOfTrue("docker");
        File.SetUnixFileMode(docker, UnixFileMode.SetUser | UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherExecute | UnixFileMode.GroupExecute);
        File.SetUnixFileMode(Temporary.Path, (UnixFileMode)0b111_101_101);
        Start();

        Programs.Outcome outcome = Programs.Run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", docker, "as-root-for-nobody");
        Assert.True(outcome.ExitCode == 0, outcome.Error);

        ExecEvent exec = await EventOfAsync(exec => Words(exec).Contains("as-root-for-nobody"));
        Assert.Equal((65534u, 0u, 65534u), (exec.Uid, exec.Euid, exec.Gid));
    }

    [KernelFact]
    public async Task A_process_below_another_root_has_its_directory_as_it_sees_it()
    {
        string root = Directory.CreateDirectory(Temporary.File("jail")).FullName;
        Directory.CreateDirectory(Path.Combine(root, "srv/deeper"));
        foreach (string file in Libraries("/bin/true").Append("/bin/true"))
        {
            string target = root + (file == "/bin/true" ? "/srv/docker" : file);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        Start();
        Programs.Outcome outcome = Programs.Run("unshare", $"--root={root}", "--wd=/srv/deeper", "/srv/docker", "in-a-jail");
        Assert.True(outcome.ExitCode == 0, outcome.Error);

        ExecEvent exec = await EventOfAsync(exec => Words(exec).Contains("in-a-jail"));
        Assert.Equal("/srv/deeper", exec.Directory.ToString());
        Assert.Equal(root, exec.Root.ToString());
        Assert.Equal(root + "/srv/docker", exec.Executable.ToString());
    }

    [KernelFact]
    public async Task Directories_of_any_depth_are_walked()
    {
        string docker = CopyOfTrue("docker");
        string deep = Temporary.Path;
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
    public void What_user_space_gets_is_what_the_kernel_sends()
    {
        string docker = CopyOfTrue("docker");
        Start();
        Run(Programs.Launch, "storm", "500", "100", docker, "counted");
        Stop();

        Assert.Equal(500, Seen.Count(exec => Words(exec).Contains("counted")));
        Assert.Equal(KernelCount("sent_watched"), Counters[Counter.EventsWatched]);
        Assert.Equal(KernelCount("sent_unknown"), Counters[Counter.EventsUnknown]);
        Assert.Equal(
            Counters[Counter.EventsUnknown],
            Counters[Counter.UnknownNotTools] + Counters[Counter.UnknownTools] + Counters[Counter.LostUnknownGone]
                + Counters[Counter.LostUnknownRefused] + Counters[Counter.LostUnknownQueueFull]);
        Assert.Equal(0u, Counters[Counter.LostMalformed]);
        Assert.Equal(0u, KernelCount("missed"));
    }

    private static uint Field(string[] status, string name, int column) =>
        uint.Parse(status.First(line => line.StartsWith(name, StringComparison.Ordinal)).Split('\t')[column + 1], CultureInfo.InvariantCulture);

    private static uint Namespace(string kind) =>
        uint.Parse(new FileInfo($"/proc/self/ns/{kind}").LinkTarget!.Split('[', ']')[1], CultureInfo.InvariantCulture);

    private static IEnumerable<string> Libraries(string program) =>
        from word in Programs.Run("ldd", program).Output.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries)
        where word.StartsWith('/')
        select word;
}
