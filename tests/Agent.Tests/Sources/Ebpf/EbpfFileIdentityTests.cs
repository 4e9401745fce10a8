using System.Diagnostics;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Native;
using Tallyman.Agent.Sources;
using Tallyman.Agent.Status;
using Xunit;

namespace Tallyman.Agent.Tests.Sources.Ebpf;

/// <summary>Binaries that are known by content, in whatever way and on whatever file system they lie; and where nobody looks.</summary>
public sealed class EbpfFileIdentityTests : EbpfExecFixture
{
    private const string Docker = "github.com/docker/cli/cmd/docker";

    [KernelFact]
    public async Task Links_of_both_kinds_lead_to_the_content()
    {
        string program = Go.WriteProgram(Temporary.File("innocent"), Docker);
        string hard = Temporary.File("hard");
        string symbolic = Temporary.File("symbolic");
        File.CreateSymbolicLink(symbolic, program);
        Start();

        Run(program, "by-its-name");
        Run("ln", program, hard); // which changes the file's change time
        Run(hard, "by-a-hard-link");
        Run(symbolic, "by-a-symbolic-link");

        foreach (string how in new[] { "by-its-name", "by-a-hard-link", "by-a-symbolic-link" })
        {
            ExecEvent exec = await EventOfAsync(exec => Words(exec).Contains(how));
            Assert.Equal(("docker", IdentifiedBy.Content), (exec.Program.Name, exec.IdentifiedBy));
        }
    }

    [KernelFact]
    public async Task A_file_written_over_in_place_is_looked_into_again()
    {
        string program = Go.WriteProgram(Temporary.File("tool"), "example.com/harmless");
        Start();

        Run(program, "while-harmless");
        await UntilAsync(() => Counters[Counter.UnknownNotTools] > 0);
        using (FileStream file = File.OpenWrite(program))
        {
            file.Write(Go.Program(Docker)); // the same inode
        }

        Run(program, "overwritten");
        ExecEvent exec = await EventOfAsync(exec => Words(exec).Contains("overwritten"));
        Assert.Equal("docker", exec.Program.Name);
    }

    [KernelFact]
    public async Task An_overlay_as_containers_have_it_is_a_file_system_like_others()
    {
        string[] directories = [.. new[] { "lower", "upper", "work", "merged" }.Select(name => Directory.CreateDirectory(Temporary.File(name)).FullName)];
        Go.WriteProgram(directories[0] + "/innocent", Docker);
        Run("mount", "-t", "overlay", "overlay", "-o", $"lowerdir={directories[0]},upperdir={directories[1]},workdir={directories[2]}", directories[3]);
        try
        {
            Start();
            Run(directories[3] + "/innocent", "from-below");
            ExecEvent below = await EventOfAsync(exec => Words(exec).Contains("from-below"));
            File.SetUnixFileMode(directories[3] + "/innocent", UnixFileMode.UserRead | UnixFileMode.UserExecute); // copies it up
            Run(directories[3] + "/innocent", "from-above");
            ExecEvent above = await EventOfAsync(exec => Words(exec).Contains("from-above"));

            Assert.Equal((IdentifiedBy.Content, IdentifiedBy.Content), (below.IdentifiedBy, above.IdentifiedBy));
        }
        finally
        {
            Run("umount", directories[3]);
        }
    }

    [KernelTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_binary_that_hides_what_it_is_has_no_more_than_its_arguments_against_it(bool isPacked)
    {
        byte[] program = Go.Program(Docker);
        program.AsSpan(program.AsSpan().IndexOf(" Go buildinf:"u8), 5).Clear();
        if (isPacked)
        {
            program = [.. program, .. "UPX!"u8];
        }
        else
        {
            ".gopclntab\0\0\0"u8.CopyTo(program.AsSpan(program.AsSpan().IndexOf(".go.buildinfo"u8)));
        }

        string hidden = Temporary.File("innocent");
        await File.WriteAllBytesAsync(hidden, program);
        File.SetUnixFileMode(hidden, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        string named = Temporary.File("docker");
        File.Copy(hidden, named);
        Start();

        Run(hidden, "version");
        Run(hidden, "run", "--privileged", "-e", "PASSWORD=hunter2", "hidden");
        Run(named, "run", "--privileged", "by-name");

        ExecEvent exec = await EventOfAsync(exec => Words(exec).Contains("hidden"));
        Invocation invocation = CommandLineReader.Read(exec);
        Assert.Equal(new Fact(FactKind.MaybeCli, "docker"), Assert.Single(invocation.Facts));
        Assert.Null(invocation.Image);
        Assert.True(CommandLineReader.Read(await EventOfAsync(exec => Words(exec).Contains("version") && exec.Program.Tool == Tool.Unnamed)).SaysNothing);
        Assert.Equal(Tool.Docker, CommandLineReader.Read(await EventOfAsync(exec => Words(exec).Contains("by-name"))).Tool);
    }

    [KernelFact]
    public async Task A_file_system_that_a_process_serves_is_not_read_but_counted()
    {
        string directory = Directory.CreateDirectory(Temporary.File("fuse")).FullName;
        string program = Go.WriteProgram(Temporary.File("program"), Docker);
        using Process server = Process.Start(Programs.Launch, ["fuse", program, directory]);
        try
        {
            await UntilAsync(() => File.Exists(directory + "/innocent"));
            Start();
            Run(directory + "/innocent", "by-content-alone");
            Run(directory + "/docker", "by-name-too");

            await EventOfAsync(exec => Words(exec).Contains("by-name-too"));
            await UntilAsync(() => Counters[Counter.LostUnknownRefused] == 1);
            Stop();
            Assert.DoesNotContain(Seen, exec => Words(exec).Contains("by-content-alone"));
        }
        finally
        {
            Run("umount", "--lazy", directory);
            server.Kill();
        }
    }

    [Theory]
    [InlineData(0x65735546)] // FUSE
    [InlineData(0x6969)] // NFS
    [InlineData(0x01021997)] // 9p
    [InlineData(0xff534d42)] // CIFS
    public void File_systems_that_may_never_answer_are_refused(ulong magic)
    {
        (IdentityOutcome outcome, Executable? program) = new ExecIdentity(new ProcFs()).Identify(
            (uint)Environment.ProcessId, 0, new FileStatus(1, 2, 3, IsRegular: true), magic, HostText.Of("/bin/true"));
        Assert.Equal((IdentityOutcome.Refused, null), (outcome, program));
    }

    [Fact]
    public async Task What_stands_in_the_place_of_a_file_that_is_gone_is_not_waited_for()
    {
        string fifo = Temporary.File("innocent");
        Run("mkfifo", fifo);
        var proc = new ProcFs();
        uint self = (uint)Environment.ProcessId;

        // Without a writer, to open a FIFO for reading takes for ever.
        (IdentityOutcome outcome, _) = await Task.Run(() => new ExecIdentity(proc).Identify(
            uint.MaxValue, proc.MountNamespace(self)!.Value, new FileStatus(1, 2, 3, IsRegular: true), fileSystem: 0, HostText.Of(fifo), self)).WaitAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(IdentityOutcome.Gone, outcome);
    }
}
