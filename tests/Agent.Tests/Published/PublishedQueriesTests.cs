using System.Text;
using Tallyman.Agent.Model;
using Tallyman.Agent.Published;
using Xunit;

namespace Tallyman.Agent.Tests.Published;

public class PublishedQueriesTests
{
    [Theory]
    [InlineData("docker run -it --privileged -v /:/host alpine chroot /host sh", "PRIVILEGED HOST_MOUNT", 80, "priv 3 mount 3 escape 3")]
    [InlineData("docker run --net=host --pid=host --ipc=host alpine", "HOST_NET HOST_PID", 60, "priv 3")]
    [InlineData("docker run --network=host alpine", "HOST_NET", 20, "")]
    [InlineData("podman create -v /proc:/p -v /dev:/d alpine", "HOST_MOUNT", 40, "")]
    [InlineData("nerdctl run --volume /:/h alpine", "HOST_MOUNT", 40, "")]
    [InlineData("docker run --cap-add=NET_ADMIN alpine", "CAP_ADD", 20, "")]
    [InlineData("docker run --cap-add=sys_admin alpine", "", 0, "priv 3")] // (?i) in one of them
    [InlineData("docker run --security-opt seccomp=unconfined -e AWS_X=1 alpine", "NO_SECCOMP", 25, "")]
    [InlineData("docker run -v /etc:/e -v /var/run/docker.sock:/s alpine", "", 0, "mount 3")]
    [InlineData("docker exec web id", "", 0, "exec 1")]
    [InlineData("kubectl get configmaps", "", 0, "secrets 2")]
    [InlineData("crictl exec 0123 nsenter -t 1", "", 0, "exec 1 escape 3")]
    [InlineData("ctr run --env TOKEN=x image id", "", 15, "")]
    [InlineData("docker run alpine", "", 0, "")]
    // What does not meet a query's conditions is not looked at.
    [InlineData("docker start --pid=host", "", 0, "priv 3")]
    [InlineData("podman exec web nsenter -t 1", "", 0, "")]
    [InlineData("/opt/mydocker run --privileged alpine", "PRIVILEGED", 40, "")]
    [InlineData("docker-compose run --privileged web", "", 0, "")]
    public void They_say_what_they_say(string line, string flags, int risk, string parts)
    {
        string[] words = line.Split(' ');
        PublishedVerdict verdict = PublishedQueries.Ask(words[0], Argv.Of(words));

        Assert.Equal(flags, string.Join(' ', verdict.SuspiciousFlags));
        Assert.Equal(risk, verdict.Scores.RiskScore);
        Assert.Equal(parts, string.Join(' ', verdict.Cli.Findings.Select(static finding => $"{finding.Question.Name} {finding.Question.Weight}")));
    }

    [Theory]
    [InlineData("docker run -v /:/host alpine", "HOST_MOUNT", "-v /:", 2, 3)]
    [InlineData("docker run alpine echo --privileged", "PRIVILEGED", "--privileged", 4, 4)]
    [InlineData("docker run --label x--pid=hostile alpine", "HOST_PID", "--pid=host", 3, 3)]
    public void A_match_knows_the_arguments_that_it_lies_in(string line, string question, string text, int first, int last)
    {
        string[] words = line.Split(' ');
        PublishedMatch match = PublishedQueries.Ask(words[0], Argv.Of(words)).Deployment.Find(question)!.Match;
        Assert.Equal((text, first, last), (match.Text, match.FirstArg, match.LastArg));
    }

    [Theory]
    [InlineData("docker", "run\t--privileged", "x")] // their \s
    [InlineData("docker", "", "run", "", "--privileged", "")]
    public void Any_white_space_of_ASCII_is_theirs(params string[] argv) => Assert.Equal(40, PublishedQueries.Ask("docker", Argv.Of(argv)).Scores.RiskScore);

    [Theory]
    [InlineData("docker", "x\u00a0run\u2003--privileged")]
    [InlineData("doc\u212aer", "run", "x", "doc\u212aer exec")] // the Kelvin sign is a k to (?i) of .NET
    public void What_only_Unicode_takes_for_a_space_or_a_letter_is_not(params string[] argv)
    {
        Verdict scores = PublishedQueries.Ask("docker", Argv.Of(argv)).Scores;
        Assert.Equal((0, 0), (scores.RiskScore, scores.Parts.Exec));
    }

    [Fact]
    public void Places_in_the_text_are_those_of_the_arguments()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        for (int round = 0; round < 1000; round++)
        {
            string[] words = [.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => new string('x', random.Next(4)))];
            var line = new JoinedLine(Argv.Of(words));
            Assert.Equal(string.Join(' ', words), line.Text);
            int place = 0;
            for (int arg = 0; arg < words.Length; arg++)
            {
                for (int end = place + words[arg].Length; place <= end; place++)
                {
                    Assert.True(line.ArgAt(place) == arg, $"seed {seed}, round {round}, place {place}");
                }
            }
        }
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void A_line_is_searched_up_to_a_bound_and_says_so(int beyond, bool isCut)
    {
        const string Tail = " --privileged x";
        string padding = new('x', JoinedLine.MostBytes - "docker run ".Length - Tail.Length + 4 + beyond);
        PublishedVerdict verdict = PublishedQueries.Ask("docker", Argv.Of("docker", "run", padding, "--privileged"[..^2]));
        Assert.Equal(isCut, verdict.IsCut);
        Assert.Equal(JoinedLine.MostBytes, new JoinedLine(Argv.Of("docker", "run", padding, "--privileged"[..^2])).Text.Length);
    }

    [Fact]
    public void Any_bytes_are_a_line()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        string[] words = ["docker", "run", "exec", " ", "-v", "/", "--privileged", "\t", "get secrets", "é"];
        for (int round = 0; round < 2000; round++)
        {
            var area = new MemoryStream();
            for (int i = random.Next(20); i > 0; i--)
            {
                byte[] noise = new byte[random.Next(4)];
                random.NextBytes(noise);
                area.Write(random.Next(2) == 0 ? noise : Encoding.UTF8.GetBytes(words[random.Next(words.Length)]));
                area.WriteByte(0);
            }

            Argv argv = Argv.FromArea(area.ToArray());
            PublishedVerdict verdict = PublishedQueries.Ask("docker", argv);
            Assert.All(verdict.Deployment.Findings.Concat(verdict.Cli.Findings), finding =>
                Assert.True(finding.Match.FirstArg >= 0 && finding.Match.LastArg >= finding.Match.FirstArg && finding.Match.LastArg < argv.Count, $"seed {seed}, round {round}"));
        }
    }
}
