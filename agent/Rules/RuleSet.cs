using System.Collections.Immutable;
using System.Reflection;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Rules;

/// <summary>The rules of one profile, and what they make of a command line.</summary>
public sealed record RuleSet(string Profile, ImmutableArray<string> Indicators, ImmutableArray<Rule> Rules)
{
    public const string DefaultProfile = "default";

    public const string PublishedProfile = "published";

    public static ImmutableArray<string> Profiles { get; } = [DefaultProfile, PublishedProfile];

    /// <summary>The published detections know nothing but the command line.</summary>
    public bool ReadsManifests => Profile != PublishedProfile;

    /// <summary>A sentence on each indicator.</summary>
    public required ImmutableDictionary<string, string> Sentences { get; init; }

    /// <summary>risk_score stays 0 unless the command has one of these words; empty: never.</summary>
    public ImmutableArray<string> RiskNeedsWord { get; init; } = [];

    /// <summary>Indicators that count where a command line only shows what would be done; empty: all.</summary>
    public ImmutableArray<string> OfDryRuns { get; init; } = [];

    /// <summary>Whose command lines are judged; empty: everybody's.</summary>
    public ImmutableArray<Tool> Tools { get; init; } = [];

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
        var indicators = ImmutableArray.CreateBuilder<Indicator>();
        int risk = 0;
        ScoreParts parts = default;
        foreach (IGrouping<string, Finding> findings in FindingsIn(invocation).GroupBy(static finding => finding.Rule.Indicator).OrderBy(group => Indicators.IndexOf(group.Key)))
        {
            // Each indicator counts once: its riskiest finding for the one score, its heaviest for the other.
            Finding riskiest = findings.MaxBy(static finding => finding.Rule.Risk)!;
            Finding heaviest = findings.MaxBy(static finding => finding.Rule.Weight)!;
            risk += countsRisk ? riskiest.Rule.Risk : 0;
            parts = parts.Raise(heaviest.Rule.Component, heaviest.Rule.Weight);
            indicators.AddRange(findings.OrderBy(static finding => finding.Fact.Arg).Select(finding => new Indicator(
                findings.Key,
                finding.Fact,
                finding == riskiest && countsRisk ? finding.Rule.Risk : 0,
                finding == heaviest ? finding.Rule.Component : Component.None,
                finding == heaviest ? finding.Rule.Weight : 0)));
        }

        return new Verdict(indicators.ToImmutable(), risk, parts, Profile);
    }

    private IEnumerable<Finding> FindingsIn(Invocation invocation)
    {
        if (!Tools.IsEmpty && !Tools.Contains(invocation.Tool))
        {
            yield break;
        }

        var known = new HashSet<(string, int, string)>();
        foreach (Fact fact in invocation.Facts)
        {
            if (FirstFitting(invocation, fact) is Rule { Indicator: not Rule.Nothing } rule
                && (!invocation.IsDryRun || OfDryRuns.IsEmpty || OfDryRuns.Contains(rule.Indicator))
                && known.Add((rule.Indicator, fact.Arg, fact.Value)))
            {
                yield return new Finding(rule, fact);
            }
        }
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

    private sealed record Finding(Rule Rule, Fact Fact);
}
