using System.Collections.Immutable;
using System.Reflection;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Rules;

/// <summary>The rules of one profile, and what they make of a command line.</summary>
public sealed record RuleSet(string Profile, ImmutableArray<string> Indicators, ImmutableArray<Rule> Rules)
{
    public const string DefaultProfile = "default";

    public static ImmutableArray<string> Profiles { get; } = [DefaultProfile, "published"];

    /// <summary>A sentence on each indicator.</summary>
    public required ImmutableDictionary<string, string> Sentences { get; init; }

    /// <summary>risk_score stays 0 unless the command has one of these words; empty: never.</summary>
    public ImmutableArray<string> RiskNeedsWord { get; init; } = [];

    /// <summary>The rules that come with the program.</summary>
    /// <exception cref="ArgumentException">There is no such profile.</exception>
    public static RuleSet Shipped(string profile)
    {
        using Stream? stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Rules/{profile}.yaml");
        return stream is null
            ? throw new ArgumentException($"there is no profile '{profile}'; there are {string.Join(", ", Profiles)}", nameof(profile))
            : RuleFile.Read(new StreamReader(stream), $"{profile}.yaml");
    }

    public Verdict Judge(Invocation invocation)
    {
        bool countsRisk = RiskNeedsWord.IsEmpty || invocation.Command.Split(' ').Any(RiskNeedsWord.Contains);
        var raised = new List<(Rule Rule, Fact Fact)>();
        foreach (Fact fact in invocation.Facts)
        {
            if (FirstFitting(invocation, fact) is Rule rule
                && !raised.Exists(other => other.Rule.Indicator == rule.Indicator && other.Fact.Arg == fact.Arg && other.Fact.Value == fact.Value))
            {
                raised.Add((rule, fact));
            }
        }

        raised.Sort((one, other) => (Indicators.IndexOf(one.Rule.Indicator), one.Fact.Arg).CompareTo((Indicators.IndexOf(other.Rule.Indicator), other.Fact.Arg)));
        var indicators = ImmutableArray.CreateBuilder<Indicator>(raised.Count);
        int risk = 0;
        ScoreParts parts = default;
        foreach ((Rule rule, Fact fact) in raised)
        {
            // Each indicator counts once: its riskiest finding for the one score, its heaviest for the other.
            Rule riskiest = raised.Where(each => each.Rule.Indicator == rule.Indicator).MaxBy(static each => each.Rule.Risk).Rule;
            Rule heaviest = raised.Where(each => each.Rule.Indicator == rule.Indicator).MaxBy(static each => each.Rule.Weight).Rule;
            bool isRiskiest = ReferenceEquals(rule, riskiest) && !indicators.Any(each => each.Id == rule.Indicator && each.Risk > 0);
            bool isHeaviest = ReferenceEquals(rule, heaviest) && !indicators.Any(each => each.Id == rule.Indicator && each.Weight > 0);
            int itsRisk = isRiskiest && countsRisk ? rule.Risk : 0;
            risk += itsRisk;
            parts = Raise(parts, rule);
            indicators.Add(new Indicator(rule.Indicator, fact, itsRisk, isHeaviest ? rule.Component : Component.None, isHeaviest ? rule.Weight : 0));
        }

        return new Verdict(indicators.ToImmutable(), risk, parts, Profile);
    }

    private Rule? FirstFitting(Invocation invocation, Fact fact)
    {
        foreach (Rule rule in Rules)
        {
            if (rule.Fits(invocation, fact))
            {
                return rule;
            }
        }

        return null;
    }

    private static ScoreParts Raise(ScoreParts parts, Rule rule) => rule.Component switch
    {
        Component.Priv => parts with { Priv = Math.Max(parts.Priv, rule.Weight) },
        Component.Mount => parts with { Mount = Math.Max(parts.Mount, rule.Weight) },
        Component.Exec => parts with { Exec = Math.Max(parts.Exec, rule.Weight) },
        Component.Secrets => parts with { Secrets = Math.Max(parts.Secrets, rule.Weight) },
        Component.Escape => parts with { Escape = Math.Max(parts.Escape, rule.Weight) },
        _ => parts,
    };
}
