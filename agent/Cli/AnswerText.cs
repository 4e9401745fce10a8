using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Tallyman.Rendering;

namespace Tallyman.Agent.Cli;

/// <summary>What was made of a command line, for people: the line with what is suspicious in it, how it is read, the reasons, the sums.</summary>
internal static class AnswerText
{
    private const string Faint = "\x1b[2m";
    private const string Reset = "\x1b[0m";

    /// <param name="shown">Argv without its secrets.</param>
    /// <param name="roles">Of its elements; none where it is not of one of the six tools.</param>
    /// <param name="rules">Those that were asked.</param>
    /// <param name="width">Columns of the terminal.</param>
    /// <param name="colour">Only for a terminal whose user has not declined it.</param>
    public static string Write(V1.Alert answer, Argv shown, ImmutableArray<ArgumentReading> roles, RuleSet rules, int width, bool colour)
    {
        var text = new StringBuilder(MarkedCommandLine.Write(shown, MarksIn(answer, shown, roles), width, colour)).Append('\n');
        if (answer.Scores is V1.Scores scores)
        {
            AddReading(text, answer.CommandLine);
            AddReasons(text, answer, rules, colour);
            AddScores(text, scores, colour);
        }

        return text.ToString();
    }

    private static IEnumerable<Mark> MarksIn(V1.Alert answer, Argv shown, ImmutableArray<ArgumentReading> roles)
    {
        for (int i = 0; i < answer.Indicators.Count; i++)
        {
            V1.Indicator indicator = answer.Indicators[i];
            string label = (i + 1).ToString(CultureInfo.InvariantCulture);
            if (indicator.HasArg && PlaceOf((int)indicator.Arg, shown, answer.CommandLine) is int arg)
            {
                yield return new Mark(label, ArgumentRoles.StartOf(roles, arg), arg);
            }
            else if (indicator.Evidence.Length == 0 && LastCommandWord(roles) is int word and >= 0)
            {
                yield return new Mark(label, word, word); // what the command is by itself
            }
        }
    }

    /// <summary>Where an argument stands in what is shown: all of argv, or what an alert has kept of it.</summary>
    /// <returns>Null if it is left out.</returns>
    private static int? PlaceOf(int arg, Argv shown, V1.CommandLine line)
    {
        int place = shown.Count > line.Argv.Count || arg < line.OmittedFrom ? arg : arg - (int)line.OmittedCount;
        return place < shown.Count && (place == arg || place >= line.OmittedFrom) ? place : null;
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
                string sentence = rules.Sentences.GetValueOrDefault(indicator.Id, "not of the rules in use here");
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
        text.Append(CultureInfo.InvariantCulture, $"{(scores.Profile.Length > 0 ? $"  (profile {scores.Profile})" : "")}\n");
    }
}
