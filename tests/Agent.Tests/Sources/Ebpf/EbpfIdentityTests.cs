using System.Diagnostics;
using System.Globalization;
using Tallyman.Agent.Model;
using Tallyman.Agent.Status;
using Xunit;

namespace Tallyman.Agent.Tests.Sources.Ebpf;

/// <summary>Which executions are seen: by name, by the file behind the name, by content; and which are not.</summary>
public sealed class EbpfIdentityTests : EbpfExecFixture
{
    [KernelFact]
    public async Task A_name_is_known_through_links_descriptors_and_other_directories()
    {
        string docker = CopyOfTrue("docker");
        string link = Temporary.File("kubectl");
        File.CreateSymbolicLink(link, docker);
        string other = Temporary.File("harmless");
        File.CreateSymbolicLink(other, docker);
        Start();

        Run(link, "asked-for-by-link");
        Run(other, "known-by-the-file-behind-it");
        Run(Programs.Launch, "execveat", docker, "by-descriptor");
        Programs.Run(new ProcessStartInfo("/bin/sh", ["-c", "cd " + Temporary.Path + " && exec ./docker relative"]));

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
        Assert.Equal(Temporary.Path, relative.Directory.ToString());
    }

    [KernelFact]
    public async Task A_script_is_not_the_tool_whose_name_it_has_but_what_it_starts_is()
    {
        string docker = CopyOfTrue("docker");
        string script = Temporary.File("kubectl");
        await File.WriteAllTextAsync(script, $"#!/bin/sh\nexec {docker} from-the-script \"$@\"\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Start();

        Run(script, "to-the-script");

        ExecEvent exec = await EventOfAsync(exec => Words(exec).Contains("to-the-script"));
        Assert.Equal("docker", exec.Program.Name);
        Assert.Equal([docker, "from-the-script", "to-the-script"], Words(exec));
        Stop();
        Assert.Single(Seen, exec => Words(exec).Contains("to-the-script"));
    }

    private const int Repeated = 40;

    [KernelFact]
    public async Task A_copy_under_another_name_is_known_by_its_content_from_its_first_execution_on()
    {
        string copy = Go.WriteProgram(Temporary.File("innocent"), "github.com/docker/cli/cmd/docker");
        string other = Go.WriteProgram(Temporary.File("containerd-like"), "github.com/containerd/containerd/cmd/containerd");
        Start();

        Run(copy, "first");
        Run(other, "not-a-tool");
        ExecEvent first = await EventOfAsync(exec => Words(exec).Contains("first"));
        ulong lookedInto = Counters[Counter.UnknownTools];
        for (int i = 0; i < Repeated; i++)
        {
            Run(copy, "second");
        }

        ExecEvent second = await EventOfAsync(exec => Words(exec).Contains("second"));

        Assert.Equal(("docker", IdentifiedBy.Content), (first.Program.Name, first.IdentifiedBy));
        Assert.Equal(("docker", IdentifiedBy.Content), (second.Program.Name, second.IdentifiedBy));
        Stop();
        Assert.DoesNotContain(Seen, exec => Words(exec).Contains("not-a-tool"));
        Assert.Equal(Repeated, Seen.Count(exec => Words(exec).Contains("second")));
        Assert.True(Counters[Counter.UnknownTools] - lookedInto < Repeated / 2); // the kernel knows it by itself; others may run copies too
    }

    [KernelFact]
    public async Task A_changed_file_is_looked_into_again()
    {
        string program = Go.WriteProgram(Temporary.File("tool"), "example.com/harmless");
        Start();

        Run(program, "while-harmless");
        Go.WriteProgram(program, "k8s.io/kubernetes/cmd/kubectl");
        Run(program, "overwritten");

        ExecEvent exec = await EventOfAsync(exec => Words(exec).Contains("overwritten"));
        Assert.Equal("kubectl", exec.Program.Name);
        Stop();
        Assert.DoesNotContain(Seen, exec => Words(exec).Contains("while-harmless"));
    }

    [KernelFact]
    public async Task A_program_without_a_file_is_known_and_has_no_links()
    {
        string copy = Go.WriteProgram(Temporary.File("copy"), "github.com/docker/cli/cmd/docker", sleeps: true);
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
    public async Task A_binary_that_is_none_of_the_tools_is_sent_only_until_that_is_known()
    {
        const int Binaries = 200;
        const int Times = 20;
        string[] programs = [.. Enumerable.Range(0, Binaries).Select(i => CopyOfTrue("p" + i.ToString(CultureInfo.InvariantCulture)))];
        Start();

        Array.ForEach(programs, program => Run(program));
        await UntilAsync(() => Counters[Counter.UnknownNotTools] >= Binaries);
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
}
