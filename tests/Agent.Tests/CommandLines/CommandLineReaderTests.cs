using System.Text;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Xunit;

namespace Tallyman.Agent.Tests.CommandLines;

public class CommandLineReaderTests
{
    [Theory]
    // Every way to give a value.
    [InlineData("docker run --volume /:/h alpine", "HOST_MOUNT(/)")]
    [InlineData("docker run --volume=/:/h alpine", "HOST_MOUNT(/)")]
    [InlineData("docker run -v /:/h alpine", "HOST_MOUNT(/)")]
    [InlineData("docker run -v/:/h alpine", "HOST_MOUNT(/)")]
    [InlineData("docker run -v=/:/h alpine", "HOST_MOUNT(/)")]
    [InlineData("docker run -itv /:/h alpine", "HOST_MOUNT(/)")]
    [InlineData("docker run -itv/:/h alpine", "HOST_MOUNT(/)")]
    [InlineData("docker run -itv=/:/h alpine", "HOST_MOUNT(/)")]
    [InlineData("docker run -it -e A=b -v /:/h --rm alpine", "HOST_MOUNT(/)")]
    // The last of a scalar wins, switches take no value from the next element.
    [InlineData("docker run --pid host --pid= alpine", "")]
    [InlineData("docker run --privileged --privileged=0 alpine", "")]
    [InlineData("docker run --privileged false alpine", "PRIVILEGED")]
    // Where flags end.
    [InlineData("docker run -- alpine --privileged", "")]
    [InlineData("docker run alpine -- --privileged", "")]
    [InlineData("docker run --rm alpine sh -c --privileged", "")]
    [InlineData("kubectl run x --image=alpine -- --privileged", "")]
    // Global flags in front of the command word.
    [InlineData("docker -l debug run --privileged alpine", "PRIVILEGED")]
    [InlineData("docker --host tcp://h:1 run alpine", "REMOTE(tcp://h:1)")]
    [InlineData("kubectl -n a get -n b secrets -oyaml", "NS(b) SECRETS_READ")]
    [InlineData("kubectl --namespace run run x --image=alpine --privileged", "NS(run) PRIVILEGED")]
    // Aliases and canonical words.
    [InlineData("docker container run --privileged alpine", "PRIVILEGED")]
    [InlineData("docker-compose -f a.yml exec --privileged web sh", "EXEC MANIFEST(a.yml) PRIVILEGED")]
    [InlineData("docker-compose compose -f a.yml exec --privileged web sh", "EXEC MANIFEST(a.yml) PRIVILEGED")]
    [InlineData("docker-compose -H tcp://h:1 up", "REMOTE(tcp://h:1)")]
    [InlineData("docker compose --ansi -x restart run --volume /:/h web", "HOST_MOUNT(/)")]
    public void Facts_are_those_that_the_tool_would_act_on(string line, string facts) =>
        Assert.Equal(facts, string.Join(' ', FactReport.Of(Read(line))));

    [Theory]
    [InlineData("docker run --nosuchflag --privileged alpine", "unknown flag: --nosuchflag", "PRIVILEGED")]
    [InlineData("docker run --nosuchflag value --privileged alpine", "unknown flag: --nosuchflag", "PRIVILEGED")]
    [InlineData("docker run --nosuchflag=value --privileged alpine", "unknown flag: --nosuchflag", "PRIVILEGED")]
    [InlineData("docker run -y --privileged alpine", "unknown shorthand flag: 'y' in -y", "PRIVILEGED")]
    [InlineData("docker --nosuchflag value run --privileged alpine", "unknown flag: --nosuchflag", "PRIVILEGED")]
    [InlineData("docker newverb --privileged -v /:/h alpine", "unknown command newverb", "HOST_MOUNT(/) PRIVILEGED")]
    [InlineData("docker container newverb --privileged alpine", "unknown command newverb", "PRIVILEGED")]
    [InlineData("docker run --privileged=maybe -v /:/h alpine", "invalid boolean value in --privileged=maybe", "HOST_MOUNT(/)")]
    [InlineData("docker run --privileged alpine --volume", "", "PRIVILEGED")]
    [InlineData("docker run --privileged --volume", "flag needs an argument: --volume", "PRIVILEGED")]
    [InlineData("kubectl newverb --privileged", "unknown command newverb", "PRIVILEGED")]
    [InlineData("kubectl run x --image=alpine --nosuchflag --privileged", "unknown flag: --nosuchflag", "PRIVILEGED")]
    public void What_the_tool_rejects_is_said_and_hides_nothing(string line, string error, string facts)
    {
        Invocation invocation = Read(line);
        Assert.Equal(error, invocation.Error ?? "");
        Assert.Equal(facts, string.Join(' ', FactReport.Of(invocation)));
    }

    [Theory]
    [InlineData("docker run --rm alpine", "alpine")]
    [InlineData("docker run --nosuchflag=1 alpine", "alpine")]
    [InlineData("docker run --nosuchflag perhaps alpine", null)] // a value or the image: nobody knows
    [InlineData("docker run", null)]
    [InlineData("docker newverb alpine", null)]
    [InlineData("kubectl run x --image=nginx:1", "nginx:1")]
    [InlineData("docker ps", null)]
    public void The_image_is_named_or_not_guessed(string line, string? image) => Assert.Equal(image, Read(line).Image);

    [Theory]
    [InlineData("docker run --privileged --help")]
    [InlineData("docker --help run --privileged alpine")]
    [InlineData("kubectl run x --image=alpine --privileged -h")]
    public void Asking_for_help_does_nothing(string line)
    {
        Invocation invocation = Read(line);
        Assert.Empty(invocation.Facts);
        Assert.Contains("help", Assert.Single(invocation.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("docker run alpine nsenter -t 1 -m", "nsenter")]
    [InlineData("docker run alpine /usr/bin/nsenter -at1", "nsenter")]
    [InlineData("docker run alpine chroot /host sh", "chroot /host")]
    [InlineData("docker run alpine sh -c 'cd /; chroot /host id'", "chroot /host")]
    [InlineData("docker run alpine bash -ec \"if true; then nsenter -t1 -m; fi\"", "nsenter")]
    [InlineData("docker exec web env A=b sudo -u root timeout 5 nsenter -t 1", "nsenter")]
    [InlineData("docker run --entrypoint nsenter alpine -t 1", "nsenter")]
    [InlineData("docker run alpine sh -c 'ns\"en\"ter -t1'", "nsenter")]
    [InlineData("docker run alpine sh -c 'sh -c \"nsenter -t1\"'", "nsenter")]
    [InlineData("docker run alpine sh -c 'echo $(nsenter -t1)'", "nsenter")]
    [InlineData("kubectl exec web -- nsenter -t1", "nsenter")]
    [InlineData("kubectl exec -it web nsenter", "nsenter")]
    [InlineData("kubectl debug node/n1 --image=busybox -- chroot /host", "chroot /host")]
    [InlineData("docker run --nosuchflag alpine nsenter -t1", "nsenter")]
    [InlineData("docker run alpine echo nsenter", "")]
    [InlineData("docker run alpine sh -c 'echo nsenter'", "")]
    [InlineData("docker run --name nsenter alpine sh", "")]
    [InlineData("docker run alpine chroot --help", "")]
    public void The_command_inside_is_read_too(string line, string found)
    {
        string[] programs = [.. Read(line).Facts
            .Where(static fact => fact.Kind == FactKind.InnerCommand)
            .Select(static fact => $"{fact.Value} {fact.Path}".Trim())
            .Distinct()];
        Assert.Equal(found, string.Join(' ', programs));
    }

    [Fact]
    public void A_relative_path_starts_from_the_callers_directory()
    {
        Argv argv = Argv.Of("docker", "run", "-v", "../../..:/h", "alpine");
        Assert.Equal("/", FactOf("/home/me/src").Path);
        Assert.Equal("/a/b", FactOf("/a/b/c/d/e").Path);
        Assert.Null(FactOf(null).Path);
        Assert.Equal("../../..", FactOf("/x").Value);

        Fact FactOf(string? directory) => Assert.Single(CommandLineReader.Read(Executables.All[0], argv, directory).Facts);
    }

    [Fact]
    public void Any_bytes_are_a_command_line()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        string[] words = ["run", "exec", "container", "compose", "get", "-v", "-itv", "--mount", "--", "-", "--=", "-=", "--privileged=", "type=bind,src=", "\"", "a,b", "=", "secrets", "sh", "-c", "'", "$(", ""];
        foreach (Executable executable in Executables.All)
        {
            for (int i = 0; i < 2000; i++)
            {
                var area = new MemoryStream();
                area.Write(Encoding.UTF8.GetBytes(executable.Name + "\0"));
                for (int n = random.Next(12); n > 0; n--)
                {
                    byte[] word = random.Next(3) == 0 ? Noise(random) : Encoding.UTF8.GetBytes(words[random.Next(words.Length)]);
                    area.Write(word);
                    area.WriteByte(0);
                }

                try
                {
                    CommandLineReader.Read(executable, Argv.FromArea(area.ToArray()), "/");
                }
                catch (Exception e)
                {
                    Assert.Fail($"seed {seed}, {executable.Name}, round {i}: {Convert.ToHexString(area.ToArray())}\n{e}");
                }
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void There_need_not_even_be_a_name(int count)
    {
        Argv argv = Argv.FromArea(new byte[count]);
        Assert.All(Executables.All, executable => Assert.Empty(CommandLineReader.Read(executable, argv, "/").Facts));
    }

    [Theory]
    [InlineData("--label a=b -v /:/h", "HOST_MOUNT(/)")]
    [InlineData("--pid host --pid container:x", "JOIN_NS(pid=container:x)")]
    [InlineData("--network x --net host", "")]
    [InlineData("--privileged -it", "PRIVILEGED")]
    [InlineData("--nosuchflag x", "")]
    public void A_hundred_thousand_arguments_are_no_more_work_than_their_number(string repeated, string facts)
    {
        // Squared, this would take minutes.
        string[] words = ["docker", "run", .. Enumerable.Repeat(repeated.Split(' '), 100_000 / repeated.Split(' ').Length).SelectMany(static each => each), "alpine"];
        Invocation invocation = CommandLineReader.Read(Executables.All[0], Argv.Of(words), "/");
        Verdict verdict = RuleSet.Shipped("default").Judge(invocation);
        V1.Alert message = AlertMessage.OfCommandLine(Some.Redactor.Redact(Executables.All[0], Argv.Of(words)), invocation, verdict);

        Assert.Equal(facts, string.Join(' ', FactReport.Of(invocation)));
        Assert.InRange(message.CalculateSize(), 0, 512 * 1024);
    }

    private static Invocation Read(string line)
    {
        Argv argv = Argv.Of([.. ShellWords.Split(line)]);
        return CommandLineReader.Read(Executables.OfPath(argv[0])!, argv, "/");
    }

    private static byte[] Noise(Random random)
    {
        byte[] word = new byte[random.Next(10)];
        random.NextBytes(word);
        return [.. word.Where(static b => b != 0)];
    }
}
