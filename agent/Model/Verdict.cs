using System.Collections.Immutable;

namespace Tallyman.Agent.Model;

/// <summary>The parts of T1059.013's score.</summary>
public enum Component
{
    None,
    Priv,
    Mount,
    Exec,
    Secrets,
    Escape,
}

public enum Severity
{
    None,
    Medium,
    High,
    Critical,
}

/// <summary>
/// A reason for suspicion: a fact that a rule weighs. Where one indicator is found in several places, the first has the
/// weights and the others have none, as each counts once.
/// </summary>
/// <param name="Risk">What it adds to T1610's risk_score.</param>
/// <param name="Component">The part of T1059.013's suspicion_score that it raises to <paramref name="Weight"/>.</param>
public sealed record Indicator(string Id, Fact Fact, int Risk, Component Component, int Weight);

/// <summary>What the two published detections make of a command line.</summary>
public sealed record Verdict(ImmutableArray<Indicator> Indicators, int RiskScore, ScoreParts Parts, string Profile)
{
    private const int RiskyFrom = 20;

    /// <summary>T1610 Deploy Container alerts.</summary>
    public bool IsDeployment => RiskScore >= RiskyFrom;

    /// <summary>T1059.013 Container CLI/API alerts.</summary>
    public bool IsSuspicious => Parts.Sum > 0;

    public bool IsAlert => IsDeployment || IsSuspicious;

    /// <summary>The higher of what the two detections say; T1610 has no severities of its own.</summary>
    public Severity Severity
    {
        get
        {
            Severity suspicion = Parts.Sum switch { >= 6 => Severity.Critical, >= 3 => Severity.High, > 0 => Severity.Medium, _ => Severity.None };
            Severity risk = RiskScore switch { >= 80 => Severity.Critical, >= 40 => Severity.High, >= RiskyFrom => Severity.Medium, _ => Severity.None };
            return suspicion > risk ? suspicion : risk;
        }
    }
}

/// <summary>The five parts of T1059.013's suspicion_score, each 0 or the weight of the strongest indicator.</summary>
public readonly record struct ScoreParts(int Priv, int Mount, int Exec, int Secrets, int Escape)
{
    public int Sum => Priv + Mount + Exec + Secrets + Escape;

    /// <summary>The same with one part at least as high as this.</summary>
    public ScoreParts Raise(Component component, int weight) => component switch
    {
        Component.Priv => this with { Priv = Math.Max(Priv, weight) },
        Component.Mount => this with { Mount = Math.Max(Mount, weight) },
        Component.Exec => this with { Exec = Math.Max(Exec, weight) },
        Component.Secrets => this with { Secrets = Math.Max(Secrets, weight) },
        Component.Escape => this with { Escape = Math.Max(Escape, weight) },
        _ => this,
    };
}
