using System.Text.RegularExpressions;
using Tallyman.Agent.Cli;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Tallyman.Agent.Tests.Proto.Rendering;
using Tallyman.Rendering;
using Xunit;

namespace Tallyman.Agent.Tests.Cli;

public partial class ScoreRenderingTests
{
    [Theory]
    [InlineData("escape", "docker run -it --privileged -v /:/host alpine chroot /host sh")]
    [InlineData("behind-the-image", "docker run --network host -e --pid=host -v /process:/p alpine echo --privileged nsenter")]
    [InlineData("overridden", "docker run --privileged --net=bridge --cap-add=sys_admin --privileged=false alpine")]
    [InlineData("node", "kubectl debug node/n1 --image=busybox --profile=sysadmin -- chroot /host run x --privileged")]
    [InlineData("passed-over", "docker container exec web sh -c 'nsenter -t 1'")]
    [InlineData("wrapped", "docker run --label 'a longer label than most' --label 'another one' -v /etc/../proc/sys:/sys:ro,rshared -v /var/run/docker.sock:/var/run/docker.sock --security-opt seccomp=unconfined -e TOKEN=x alpine")]
    [InlineData("refused", "docker ps --privileged")]
    [InlineData("nothing", "docker ps")]
    [InlineData("front-end", "k3s --debug kubectl get secrets -o yaml")]
    [InlineData("another-program", "mydocker run --privileged alpine")]
    [InlineData("behind-another", "sudo -E docker run --privileged -e PASSWORD=hunter2 alpine")]
    public void A_score_for_people(string name, string line) => Golden.Check($"score/{name}.txt", Text([.. ShellWords.Split(line)], "published"));

    [Fact]
    public void A_talk_with_a_runtime_for_people() => Golden.Check(
        "score/socket-api.txt",
        Text(["curl", "-sXPOST", "--unix-socket", "/var/run/docker.sock", "-d", """{"Image":"alpine","HostConfig":{"Privileged":true}}""", "http://x/v1.41/containers/create"]));

    [Fact]
    public void Colour_only_where_it_is_wanted()
    {
        string[] argv = ["docker", "run", "--privileged", "alpine"];
        Assert.DoesNotContain('\x1b', Text(argv));
        Assert.Contains("\x1b[1m--privileged\x1b[0m", Text(argv, colour: true), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(SafeTextTests.Hostile), MemberType = typeof(SafeTextTests))]
    public void Hostile_strings_come_out_harmless_wherever_they_stand(string hostile)
    {
        string[][] lines =
        [
            ["docker", "run", "--privileged", "--name", hostile, "-v", "/etc:/" + hostile, hostile, hostile],
            ["docker", "run", "-v", "/proc" + hostile + ":/p", "-e", hostile + "--privileged" + hostile, "x", "sh", "-c", "nsenter " + hostile],
            ["docker", hostile, "--net", "host", "--" + hostile],
            [hostile + "docker", "run", "--privileged", hostile],
            [hostile],
        ];
        Assert.All(lines.SelectMany(static line => Text(line).Split('\n')), static line => Assert.True(SafeText.IsSafe(line), line));
    }

    [Theory]
    [InlineData("docker run {0} --privileged {0} alpine", 30_000)]
    [InlineData("docker run {0} alpine", 3)]
    public void A_long_line_is_shown_around_what_matters(string line, int times)
    {
        string padding = string.Join(' ', Enumerable.Repeat(times > 100 ? "--label x" : "--label " + new string('x', 100_000), times));
        string text = Text(string.Format(null, line, padding).Split(' '));

        Assert.InRange(text.Length, 100, 10_000);
        Assert.Equal(times > 100, text.Contains("arguments]", StringComparison.Ordinal) && text.Contains("^^^^^^^^^^^^\n", StringComparison.Ordinal));
    }

    [Fact]
    public void Everything_has_an_answer()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        string[] words = ["run", "exec", "compose", "get", "-v", "-itv", "/:/host", "--mount", "--", "-", "--privileged", "--privileged=0", "--net=host", "secrets", "sh", "-c", "nsenter", "-e", "", "漢字", "é\u0301", "\ud83d\ude00", "x y"];
        foreach (Executable executable in Executables.All)
        {
            for (int i = 0; i < 300; i++)
            {
                string[] argv = [executable.Name, .. Enumerable.Range(0, random.Next(14)).Select(_ => words[random.Next(words.Length)])];
                try
                {
                    string text = Text(argv);
                    Assert.Contains("published regular expressions", text, StringComparison.Ordinal);
                }
                catch (Exception e)
                {
                    Assert.Fail($"seed {seed}: {string.Join(' ', argv)}\n{e}");
                }
            }
        }
    }

    private static string Text(string[] argv, string profile = "default", bool colour = false)
    {
        RuleSet rules = RuleSet.Shipped(profile);
        string text = ScoreText.Write(Scorer.Score(rules, Argv.Of(argv), "/srv", executable: null), rules, width: 100, colour);
        return RedactionMark().Replace(text, "[redacted:0123456789ab]"); // the key is another one each time
    }

    [GeneratedRegex(@"\[redacted:[0-9a-f]{12}\]")]
    private static partial Regex RedactionMark();
}
