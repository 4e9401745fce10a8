using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Manifests;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Xunit;

namespace Tallyman.Agent.Tests.Rules;

public class RuleSetTests
{
    public static TheoryData<string, string, int, string, bool> Examples
    {
        get
        {
            var examples = new TheoryData<string, string, int, string, bool>();
            foreach (string profile in RuleSet.Profiles)
            {
                foreach (Rule rule in RuleSet.Shipped(profile).Rules)
                {
                    foreach (string line in rule.Fires)
                    {
                        examples.Add(profile, rule.Indicator, rule.Risk, line, true);
                    }

                    foreach (string line in rule.Silent)
                    {
                        examples.Add(profile, rule.Indicator, rule.Risk, line, false);
                    }
                }
            }

            return examples;
        }
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void A_rule_does_what_its_examples_say(string profile, string indicator, int risk, string line, bool fires) =>
        Assert.Equal(fires, Judge(profile, line).Indicators.Any(each => indicator == Rule.Nothing || (each.Id == indicator && each.Risk >= risk)));

    [Fact]
    public void Rules_about_command_lines_have_examples_of_both_kinds() =>
        Assert.All(RuleSet.Profiles.SelectMany(static profile => RuleSet.Shipped(profile).Rules), static rule =>
        {
            bool isOfExecution = rule.Facts.All(static fact => fact is FactKind.RenamedCli or FactKind.MaybeCli or FactKind.Fileless or FactKind.ArgsTruncated);
            Assert.True(isOfExecution || ((rule.Indicator == Rule.Nothing || !rule.Fires.IsEmpty) && !rule.Silent.IsEmpty), rule.Indicator);
        });

    [Fact]
    public void The_line_of_the_documentation_is_worth_what_it_says()
    {
        Verdict verdict = Judge("default", "docker run -it --privileged -v /:/host alpine chroot /host sh");

        Assert.Equal(["PRIVILEGED", "HOST_MOUNT", "ESCAPE"], verdict.Indicators.Select(static indicator => indicator.Id));
        Assert.Equal(80, verdict.RiskScore);
        Assert.Equal(new ScoreParts(Priv: 3, Mount: 3, Exec: 0, Secrets: 0, Escape: 3), verdict.Parts);
        Assert.Equal(Severity.Critical, verdict.Severity);
        Assert.True(verdict.IsAlert);
    }

    [Theory]
    // Each indicator counts once, however often it is found.
    [InlineData("docker run -v /:/a -v /:/b -v /proc:/c alpine", 40, 3)]
    [InlineData("docker run --cap-add NET_ADMIN --cap-add SYS_ADMIN alpine", 20, 3)]
    // Each part of suspicion_score is its weight, not a sum.
    [InlineData("docker run --privileged --pid=host --net=host alpine", 85, 3)]
    [InlineData("docker exec --privileged web nsenter -t1", 40, 7)]
    [InlineData("docker run alpine", 0, 0)]
    [InlineData("docker ps", 0, 0)]
    public void Scores_add_up(string line, int risk, int suspicion)
    {
        foreach (string profile in RuleSet.Profiles)
        {
            Verdict verdict = Judge(profile, line);
            Assert.Equal((risk, suspicion), (verdict.RiskScore, verdict.Parts.Sum));
            Assert.Equal(risk, verdict.Indicators.Sum(static indicator => indicator.Risk));
        }
    }

    [Theory]
    [InlineData("docker run --ipc=host alpine", Severity.None)] // 15
    [InlineData("docker run --cap-add=NET_ADMIN alpine", Severity.Medium)] // 20
    [InlineData("docker exec web id", Severity.Medium)] // 0, 1
    [InlineData("docker run --net=host alpine", Severity.High)] // 20, 3
    [InlineData("docker run -v /proc:/p alpine", Severity.High)] // 40, 0
    [InlineData("docker run --privileged -v /:/h alpine", Severity.Critical)] // 80, 6
    public void Severity_is_the_higher_of_the_two(string line, Severity severity) => Assert.Equal(severity, Judge("default", line).Severity);

    [Fact]
    public void The_published_risk_asks_for_certain_words_in_the_command()
    {
        const string Line = "kubectl debug node/n1 --image=busybox --profile=sysadmin";
        Assert.Equal(0, Judge("published", Line).RiskScore);
        Assert.True(Judge("default", Line).RiskScore > 40);
    }

    [Fact]
    public void A_mount_raises_one_indicator_and_sockets_are_known_by_both_their_names()
    {
        Assert.Equal(["RUNTIME_SOCKET"], Judge("default", "docker run -v /run/docker.sock:/s alpine").Indicators.Select(static indicator => indicator.Id));
        Assert.Equal(["RUNTIME_SOCKET"], Judge("default", "docker run -v /var/run/../run/docker.sock:/s alpine").Indicators.Select(static indicator => indicator.Id));
    }

    [Fact]
    public void What_the_execution_itself_tells_is_weighed()
    {
        ExecEvent exec = Some.Exec("/tmp/d", "ps") with
        {
            IdentifiedBy = IdentifiedBy.Content,
            FileName = HostText.Of("/tmp/d"),
            Executable = HostText.Of("/tmp/d"),
            Links = 0,
            MissingBytes = 10,
        };
        Verdict verdict = RuleSet.Shipped("default").Judge(CommandLineReader.Read(exec));

        Assert.Equal(["RENAMED_CLI", "FILELESS", "ARGS_TRUNCATED"], verdict.Indicators.Select(static indicator => indicator.Id));
        Assert.Equal(90, verdict.RiskScore);
    }

    [Theory]
    [InlineData("/usr/lib/google-cloud-sdk/bin/kubectl.1.32", false)]
    [InlineData("/opt/docker-29.1.0/bin/docker", false)]
    [InlineData("/usr/bin/kubectl-v1.30.2", false)]
    [InlineData("/tmp/d", true)]
    [InlineData("/tmp/kubectlx", true)]
    [InlineData("/tmp/kubectl2", true)]
    public void A_version_in_the_name_is_no_disguise(string path, bool isRenamed)
    {
        ExecEvent exec = Some.Exec(path, "get", "pods") with
        {
            Program = Executables.All.Single(executable => executable.Name == (path.Contains("docker", StringComparison.Ordinal) ? "docker" : "kubectl")),
            IdentifiedBy = IdentifiedBy.Content,
            FileName = HostText.Of(path),
            Executable = HostText.Of(path),
        };
        Assert.Equal(isRenamed, CommandLineReader.Read(exec).Facts.Any(static fact => fact.Kind == FactKind.RenamedCli));
    }

    private static Verdict Judge(string profile, string line)
    {
        Argv argv = Argv.Of([.. ShellWords.Split(line)]);
        RuleSet rules = RuleSet.Shipped(profile);
        Invocation invocation = CommandLineReader.Read(Executables.OfPath(argv[0])!, argv, "/");
        return rules.Judge(rules.ReadsManifests ? ManifestReader.ReadHere(invocation, argv, "/") : invocation);
    }
}
