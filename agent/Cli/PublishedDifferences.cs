using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Published;
using Tallyman.Rendering;

namespace Tallyman.Agent.Cli;

/// <summary>A number that a published query and the rules of its profile disagree on.</summary>
/// <param name="Name">An indicator of T1610, a part of T1059.013's suspicion_score, or a score as a whole.</param>
internal sealed record PublishedDifference(string Name, int Theirs, int Ours, string Reason);

/// <summary>
/// Finds where searching a string and asking the grammar differ, and says why from where a match lies and what the tool takes
/// that element for.
/// </summary>
internal sealed class PublishedDifferences(Scored scored, ImmutableArray<ArgumentReading> roles, Verdict ours, PublishedVerdict theirs)
{
    private const int TextShown = 80;

    public IEnumerable<PublishedDifference> Find() =>
    [
        .. Find(theirs.Deployment, "risk_score", ours.RiskScore, RiskOf, static indicator => indicator.Risk > 0),
        .. Find(theirs.Cli, "suspicion_score", ours.Parts.Sum, PartOf, static indicator => indicator.Weight > 0),
    ];

    private IEnumerable<PublishedDifference> Find(PublishedAnswer answer, string score, int sum, Func<string, int> scoreOf, Predicate<Indicator> counts)
    {
        if (answer.PassesOver is PublishedExpression closed)
        {
            if (sum > 0)
            {
                string what = closed == answer.Query.Process ? Show(scored.Process) : "the line";
                yield return new PublishedDifference(score, 0, sum, $"{answer.Query.Technique} passes it over: {Show(closed.Pattern)} does not match {what}");
            }

            yield break;
        }

        foreach (PublishedQuestion question in answer.Query.Questions)
        {
            PublishedFinding? finding = answer.Find(question.Name);
            int theirs = answer.ScoreOf(question.Name);
            int ours = scoreOf(question.Name);
            if (theirs < ours)
            {
                yield return new PublishedDifference(question.Name, theirs, ours, WhyNotTheirs(question, counts));
            }
            else if (theirs > ours)
            {
                yield return new PublishedDifference(question.Name, theirs, ours, WhyNotOurs(question, finding!.Match, answer.Opening!));
            }
        }
    }

    private int RiskOf(string indicator) => ours.Indicators.Where(each => each.Id == indicator).Sum(static each => each.Risk);

    private int PartOf(string part) => part switch
    {
        "priv" => ours.Parts.Priv,
        "mount" => ours.Parts.Mount,
        "exec" => ours.Parts.Exec,
        "secrets" => ours.Parts.Secrets,
        _ => ours.Parts.Escape,
    };

    private string WhyNotTheirs(PublishedQuestion question, Predicate<Indicator> counts)
    {
        Indicator reason = ours.Indicators.First(indicator => counts(indicator) && Answers(indicator, question.Name));
        string[] patterns = [.. question.Expressions.Select(static expression => $"`{expression.Pattern}`")];
        return patterns.Length == 1
            ? $"{patterns[0]} does not match {EvidenceOf(reason.Fact)}"
            : $"none of {string.Join(", ", patterns)} matches {EvidenceOf(reason.Fact)}";
    }

    private static bool Answers(Indicator indicator, string question) =>
        indicator.Id == question || indicator.Component.ToString().Equals(question, StringComparison.OrdinalIgnoreCase);

    /// <summary>What in the command line says so: the flag with its value, the words of the command, or what stands elsewhere.</summary>
    private string EvidenceOf(Fact fact)
    {
        if (fact.Evidence is string evidence)
        {
            return Show(evidence);
        }

        if (fact.Arg < 0)
        {
            int words = 1;
            while (words < roles.Length && roles[words].Role is not (ArgumentRole.Positional or ArgumentRole.Image or ArgumentRole.InnerCommand))
            {
                words++;
            }

            return Show(Words(0, words - 1));
        }

        return Show(Words(ArgumentRoles.StartOf(roles, fact.Arg), fact.Arg));
    }

    private string WhyNotOurs(PublishedQuestion question, PublishedMatch match, PublishedMatch opening)
    {
        if (scored.Program is null)
        {
            return $"{Show(match.Text)} is found, but {Show(scored.Process)} is none of the six programs";
        }

        if (ours.Indicators.Any(indicator => Answers(indicator, question.Name)))
        {
            return $"the query looks at the line because {Found(opening)}, but the command is {Show(scored.Invocation!.Command)}";
        }

        string whole = Words(match.FirstArg, match.LastArg);
        if (whole != match.Text && roles[match.FirstArg].Role != ArgumentRole.InnerCommand)
        {
            return $"{Found(match)}: the whole is {Show(whole)}";
        }

        if (OverridingArg(match) is int arg and >= 0)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{Found(match)}, which argv[{arg}] overrides");
        }

        return roles[match.FirstArg].Role == ArgumentRole.Flag ? $"{Found(match)}, where it does not mean that" : Found(match);
    }

    private string Found(PublishedMatch match) => $"{Show(match.Text)} is found in {Place(match)}, {RolesOf(match)}";

    /// <summary>The last use of the flag that was found, if it is another one.</summary>
    private int OverridingArg(PublishedMatch match)
    {
        ArgumentReading found = roles[match.FirstArg];
        for (int arg = roles.Length - 1; arg > match.LastArg && found.Role == ArgumentRole.Flag; arg--)
        {
            if (roles[arg].Role == ArgumentRole.Flag && roles[arg].Flag == found.Flag)
            {
                return arg;
            }
        }

        return -1;
    }

    private static string Place(PublishedMatch match) => match.FirstArg == match.LastArg
        ? string.Create(CultureInfo.InvariantCulture, $"argv[{match.FirstArg}]")
        : string.Create(CultureInfo.InvariantCulture, $"argv[{match.FirstArg}..{match.LastArg}]");

    /// <summary>What the elements are that a match lies in, each kind once: "the flag --volume and its value".</summary>
    private string RolesOf(PublishedMatch match)
    {
        var names = new List<string>();
        for (int arg = match.FirstArg; arg <= match.LastArg; arg++)
        {
            ArgumentReading reading = roles[arg];
            string name = reading.Role switch
            {
                ArgumentRole.Program => "the program",
                ArgumentRole.CommandWord => "a word of the command",
                ArgumentRole.Flag => $"the flag --{reading.Flag}",
                ArgumentRole.FlagValue when reading.FlagArg >= match.FirstArg => "its value",
                ArgumentRole.FlagValue => $"the value of --{reading.Flag}",
                ArgumentRole.Image => "the image",
                ArgumentRole.InnerCommand => "a word of the command in the container",
                ArgumentRole.Positional => "a positional",
                _ => "nothing that the command knows",
            };
            if (!names.Contains(name))
            {
                names.Add(name);
            }
        }

        return string.Join(" and ", names);
    }

    private string Words(int first, int last)
    {
        var text = new StringBuilder();
        for (int arg = first; arg <= last && text.Length <= TextShown * 2; arg++)
        {
            text.Append(arg == first ? "" : " ").Append(SafeText.Decode(scored.Argv[arg]));
        }

        return text.ToString();
    }

    /// <summary>A text of the host, safe, and not too long of it.</summary>
    private static string Show(string text)
    {
        string safe = SafeText.Escape(text.Length <= TextShown ? text : text[..TextShown]);
        return $"`{safe}{(text.Length <= TextShown ? "" : "…")}`";
    }
}
