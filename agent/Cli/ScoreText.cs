using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Tallyman.Rendering;

namespace Tallyman.Agent.Cli;

/// <summary>The answer of <c>score</c> for people: the line with what is suspicious in it, the reasons, the sums, and what the published expressions say.</summary>
internal static class ScoreText
{
    private const string Faint = "\x1b[2m";
    private const string Reset = "\x1b[0m";
    private const string Ask = "  tallyman score -- ";

    /// <param name="rules">Those that were asked.</param>
    /// <param name="width">Columns of the terminal.</param>
    /// <param name="colour">Only for a terminal whose user has not declined it.</param>
    public static string Write(Scored scored, RuleSet rules, int width, bool colour)
    {
        ImmutableArray<ArgumentReading> roles = scored.Program is null ? [] : CommandLineReader.Roles(scored.Program, scored.Argv);
        var text = new StringBuilder(MarkedCommandLine.Write(scored.Shown, MarksIn(scored.Answer, roles), width, colour)).Append('\n');
        if (scored.Answer.Scores is V1.Scores scores)
        {
            AddReading(text, scored.Answer.CommandLine);
            AddReasons(text, scored.Answer, rules, colour);
            AddScores(text, scores, colour);
        }
        else
        {
            text.Append("None of docker, kubectl, podman, nerdctl, crictl and ctr: no alert.\n");
            if (ToolBehind(scored.Shown) is int tool and > 0)
            {
                string rest = string.Join(' ', Enumerable.Range(tool, scored.Shown.Count - tool).Select(i => SafeText.Quote(scored.Shown[i])));
                text.Append("What it starts is seen by itself; ask about that:\n").Append(Ask).Append(SafeText.Shorten(rest, Math.Max(Ask.Length, width - Ask.Length))).Append('\n');
            }
        }

        return text.Append('\n').Append(PublishedText.Write(scored, roles)).ToString();
    }

    /// <summary>Where a tool stands that another program may start, sudo or env; 0 if none does.</summary>
    private static int ToolBehind(Argv argv)
    {
        for (int i = 1; i < argv.Count; i++)
        {
            if (Executables.OfPath(argv[i]) is Executable program && program.Tool.IsContainerTool())
            {
                return i;
            }
        }

        return 0;
    }

    private static IEnumerable<Mark> MarksIn(V1.Alert answer, ImmutableArray<ArgumentReading> roles)
    {
        for (int i = 0; i < answer.Indicators.Count; i++)
        {
            V1.Indicator indicator = answer.Indicators[i];
            string label = (i + 1).ToString(CultureInfo.InvariantCulture);
            if (indicator.HasArg)
            {
                int arg = (int)indicator.Arg;
                yield return new Mark(label, ArgumentRoles.StartOf(roles, arg), arg);
            }
            else if (indicator.Evidence.Length == 0 && LastCommandWord(roles) is int word and >= 0)
            {
                yield return new Mark(label, word, word); // what the command is by itself
            }
        }
    }

    private static int LastCommandWord(ImmutableArray<ArgumentReading> roles)
    {
        int arg = roles.Length - 1;
        while (arg >= 0 && roles[arg].Role != ArgumentRole.CommandWord)
        {
            arg--;
        }

        return arg;
    }

    private static void AddReading(StringBuilder text, V1.CommandLine line)
    {
        text.Append($"command  {line.Tool} {SafeText.Escape(line.Command)}".TrimEnd()).Append('\n');
        if (line.Image.Length > 0)
        {
            text.Append("image    ").Append(SafeText.Escape(line.Image)).Append('\n');
        }

        if (line.Facts.Count > 0)
        {
            text.Append("facts    ").AppendJoin(' ', line.Facts.Select(SafeText.Escape)).Append('\n');
        }

        if (line.Error.Length > 0)
        {
            text.Append("error    ").Append(SafeText.Escape(line.Error)).Append('\n');
        }

        foreach (string warning in line.Warnings)
        {
            text.Append("warning  ").Append(SafeText.Escape(warning)).Append('\n');
        }
    }

    private static void AddReasons(StringBuilder text, V1.Alert answer, RuleSet rules, bool colour)
    {
        string explained = "";
        for (int i = 0; i < answer.Indicators.Count; i++)
        {
            V1.Indicator indicator = answer.Indicators[i];
            text.Append(i == 0 ? "\n" : "").Append(CultureInfo.InvariantCulture, $"{i + 1,-3} ").Append(AlertText.Reason(indicator)).Append('\n');
            if (indicator.Id != explained)
            {
                explained = indicator.Id;
                string sentence = rules.Sentences[indicator.Id];
                text.Append("    ").Append(colour ? Faint + sentence + Reset : sentence).Append('\n');
            }
        }
    }

    private static void AddScores(StringBuilder text, V1.Scores scores, bool colour)
    {
        (string Part, uint Score)[] parts =
        [
            ("priv", scores.PrivScore), ("mount", scores.MountScore), ("exec", scores.ExecScore), ("secrets", scores.SecretsScore), ("escape", scores.EscapeScore),
        ];
        string[] raised = [.. parts.Where(static part => part.Score > 0).Select(static part => string.Create(CultureInfo.InvariantCulture, $"{part.Part} {part.Score}"))];
        text.Append(CultureInfo.InvariantCulture, $"\nrisk_score {scores.RiskScore}  suspicion_score {scores.SuspicionScore}");
        text.Append(raised.Length > 1 ? " = " : raised.Length > 0 ? ": " : "").AppendJoin(" + ", raised);
        text.Append(scores.Alert ? $"  {AlertText.NameOf(scores.Severity, colour)}: alert by {string.Join(" and ", scores.Techniques)}" : "  no alert");
        text.Append(CultureInfo.InvariantCulture, $"  (profile {scores.Profile})\n");
    }
}
