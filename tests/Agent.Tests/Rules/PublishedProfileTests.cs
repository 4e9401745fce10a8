using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Published;
using Tallyman.Agent.Rules;
using Xunit;

namespace Tallyman.Agent.Tests.Rules;

/// <summary>The profile "published" and the two queries themselves, asked of the same command lines.</summary>
public class PublishedProfileTests
{
    private static readonly RuleSet Rules = RuleSet.Shipped("published");

    /// <summary>The rows of the tables in docs/scoring.md that show where the two differ.</summary>
    public static TheoryData<string, string, string> DocumentedDifferences
    {
        get
        {
            string text = File.ReadAllText(Repository.Path("docs/scoring.md"));
            var rows = new TheoryData<string, string, string>();
            foreach (string line in text[text.IndexOf("## Where asking the grammar differs", StringComparison.Ordinal)..].Split('\n').Where(static line => line.StartsWith("| `", StringComparison.Ordinal)))
            {
                string[] cells = line.Trim('|', ' ').Split(" | ");
                rows.Add(cells[0].Trim('`'), cells[3], cells[4]);
            }

            return rows;
        }
    }

    [Fact]
    public void On_what_both_read_alike_all_numbers_are_equal()
    {
        int seed = Environment.TickCount;
        var domain = new CommonDomain(new Random(seed));
        int alerts = 0;
        int compared = 0;
        for (int i = 0; compared < 20_000; i++)
        {
            CommonLine line = domain.Next();
            string context = $"seed {seed}, line {i}: {string.Join(' ', line.Argv)}";
            (PublishedVerdict published, Verdict ours) = Ask(line.Argv);
            Verdict theirs = published.Scores;
            string flags = string.Join(' ', ours.Indicators.Where(static each => each.Risk > 0 && each.Id is not ("HOST_IPC" or "ENV_SECRET")).Select(static each => each.Id));

            AssertSame((theirs.RiskScore, theirs.IsDeployment, string.Join(' ', published.SuspiciousFlags)), (ours.RiskScore, ours.IsDeployment, flags), context);
            if (line.IsForBoth)
            {
                AssertSame((theirs.Parts, theirs.IsSuspicious, theirs.Severity), (ours.Parts, ours.IsSuspicious, ours.Severity), context);
                compared++;
                alerts += ours.IsAlert ? 1 : 0;
            }
        }

        Assert.InRange(alerts, compared / 4, compared * 9 / 10); // the lines are about something
    }

    [Fact]
    public void What_both_read_alike_the_tools_take()
    {
        int seed = Environment.TickCount;
        var domain = new CommonDomain(new Random(seed));
        for (int i = 0; i < 5000; i++)
        {
            Argv argv = Argv.Of(domain.Next().Argv);
            string? error = CommandLineReader.Read(Executables.OfPath(argv[0])!, argv, "/srv").Error;
            Assert.True(error is null, $"seed {seed}: {argv}: {error}");
        }
    }

    [Theory]
    [MemberData(nameof(DocumentedDifferences))]
    public void A_documented_difference_is_one(string line, string risk, string suspicion)
    {
        (PublishedVerdict theirs, Verdict ours) = Ask([.. ShellWords.Split(line)]);

        Assert.Equal(risk, Change(theirs.Scores.RiskScore, ours.RiskScore));
        Assert.Equal(suspicion, Change(theirs.Scores.Parts.Sum, ours.Parts.Sum));
        Assert.True(risk.Contains('→') || suspicion.Contains('→'), "is the same to both");
    }

    private static (PublishedVerdict Theirs, Verdict Ours) Ask(string[] words)
    {
        Argv argv = Argv.Of(words);
        Verdict ours = Executables.OfPath(argv[0]) is Executable program
            ? Rules.Judge(CommandLineReader.Read(program, argv, "/srv"))
            : new Verdict([], 0, default, "published");
        return (PublishedQueries.Ask(words[0], argv), ours);
    }

    private static void AssertSame<T>(T theirs, T ours, string context) => Assert.True(Equals(theirs, ours), $"{context}\ntheirs {theirs}\nours {ours}");

    private static string Change(int theirs, int ours) => theirs == ours ? $"{theirs}" : $"{theirs} → {ours}";
}
