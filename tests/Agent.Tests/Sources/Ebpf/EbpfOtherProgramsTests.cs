using System.Diagnostics;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Status;
using Xunit;

namespace Tallyman.Agent.Tests.Sources.Ebpf;

/// <summary>Programs that are none of the tools and do their work: front ends, the dynamic loader, those that speak to sockets.</summary>
public sealed class EbpfOtherProgramsTests : EbpfExecFixture
{
    private static readonly string Loader = new[] { "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1" }.Single(File.Exists);

    [KernelFact]
    public async Task A_front_end_is_known_by_a_name_longer_than_comm_and_by_content()
    {
        string longName = CopyOfTrue("microk8s.kubectl");
        string link = Temporary.File("harmless");
        File.CreateSymbolicLink(link, longName);
        string k3s = Go.WriteProgram(Temporary.File("innocent"), "github.com/k3s-io/k3s/cmd/k3s");
        string kubectl = Temporary.File("kubectl");
        File.CreateSymbolicLink(kubectl, k3s);
        Start();

        Run(longName, "get", "secrets", "1");
        Run(link, "get", "secrets", "2");
        Run(k3s, "kubectl", "get", "secrets", "3");
        Run(kubectl, "get", "secrets", "4");

        foreach ((string number, IdentifiedBy by) in new[] { ("1", IdentifiedBy.Name), ("2", IdentifiedBy.Entry), ("3", IdentifiedBy.Content), ("4", IdentifiedBy.Name) })
        {
            ExecEvent exec = await EventOfAsync(exec => Words(exec)[^1] == number && Words(exec).Contains("secrets"));
            Invocation invocation = CommandLineReader.Read(exec);
            Assert.Equal((by, Tool.Kubectl, "get"), (exec.IdentifiedBy, invocation.Tool, invocation.Command));
            Assert.Equal(by == IdentifiedBy.Content, invocation.Facts.Any(static fact => fact.Kind == FactKind.RenamedCli));
        }
    }

    [KernelFact]
    public async Task A_tool_that_the_dynamic_loader_starts_is_that_tool()
    {
        string docker = CopyOfTrue("docker");
        string old = Temporary.File("ld-2.31.so");
        File.Copy(Loader, old);
        string link = Temporary.File("loader");
        File.CreateSymbolicLink(link, old);
        Start();

        Run(Loader, "--inhibit-cache", docker, "run", "--privileged", "alpine");
        Run(link, docker, "run", "--privileged", "of-old");
        Run(Loader, "--list", docker);

        ExecEvent exec = await EventOfAsync(exec => Words(exec).Contains("alpine"));
        Invocation invocation = CommandLineReader.Read(exec);
        Assert.Equal((Tool.Docker, "container run", 4), (invocation.Tool, invocation.Command, Assert.Single(invocation.Facts).Arg));
        ExecEvent byEntry = await EventOfAsync(exec => Words(exec).Contains("of-old"));
        Assert.Equal((IdentifiedBy.Entry, Tool.Docker), (byEntry.IdentifiedBy, CommandLineReader.Read(byEntry).Tool));
        ExecEvent list = await EventOfAsync(exec => Words(exec).Contains("--list"));
        Assert.True(CommandLineReader.Read(list).SaysNothing);
    }

    [KernelFact]
    public async Task A_renamed_tool_that_the_dynamic_loader_starts_is_known_by_content()
    {
        // It needs no loader: since 2.36 glibc's executes it, which is an event of its own, and older ones refuse it. What was asked for counts.
        string innocent = Go.WriteProgram(Temporary.File("innocent"), "github.com/docker/cli/cmd/docker");
        Start();

        Programs.Run(Loader, "--library-path", "/x", innocent, "run", "absolute");
        Programs.Run(new ProcessStartInfo(Loader, ["./innocent", "run", "relative"]) { WorkingDirectory = Temporary.Path });
        Programs.Run(Loader, "/bin/true", "none");

        foreach ((string word, int arg) in new[] { ("absolute", 3), ("relative", 1) })
        {
            ExecEvent exec = await EventOfAsync(exec => exec.Program.Tool == Tool.Loader && Words(exec).Contains(word));
            Invocation invocation = CommandLineReader.Read(exec);
            Assert.Equal((Tool.Docker, "container run", word), (invocation.Tool, invocation.Command, invocation.Image));
            Assert.Equal(new Fact(FactKind.RenamedCli, "docker", arg), Assert.Single(invocation.Facts));
        }

        ExecEvent none = await EventOfAsync(exec => Words(exec).Contains("none"));
        Assert.True(CommandLineReader.Read(none).SaysNothing);
    }

    [KernelFact]
    public async Task Of_programs_that_may_speak_to_a_socket_only_those_come_that_may_be_about_one()
    {
        const int Others = 100;
        string curl = CopyOfTrue("curl");
        string python = CopyOfTrue("python3.11");
        string link = Temporary.File("py");
        File.CreateSymbolicLink(link, python);
        Start();

        for (int i = 0; i < Others; i++)
        {
            Run(curl, "https://example.com");
        }

        Run(curl, "--unix-socket", "/var/run/docker.sock", "http://x/containers/json");
        Run(link, "-c", "s.connect('/run/docker.sock')");

        ExecEvent toSocket = await EventOfAsync(exec => Words(exec).Contains("--unix-socket"));
        Assert.Equal((Tool.Curl, "container ls"), (CommandLineReader.Read(toSocket).Tool, CommandLineReader.Read(toSocket).Command));
        ExecEvent oneLiner = await EventOfAsync(exec => exec.Program.Name == "python3.11");
        Assert.Equal(FactKind.SocketApi, Assert.Single(CommandLineReader.Read(oneLiner).Facts).Kind);
        Stop();
        Assert.DoesNotContain(Seen, exec => Words(exec).Contains("https://example.com"));
        Assert.True(Counters[Counter.NotInteresting] >= Others);
        Assert.Equal(Counters[Counter.EventsWatched], Counters[Counter.NotInteresting] + (ulong)Seen.Count - Counters[Counter.UnknownTools]);
    }
}
