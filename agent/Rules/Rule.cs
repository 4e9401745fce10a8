using System.Collections.Immutable;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Rules;

/// <summary>Turns a fact into an indicator with weights.</summary>
public sealed record Rule(string Indicator)
{
    /// <summary>In the place of an indicator: facts that fit are looked at no further.</summary>
    public const string Nothing = "nothing";

    public ImmutableArray<FactKind> Facts { get; init; } = [];

    /// <summary>All must hold.</summary>
    public ImmutableArray<Condition> Conditions { get; init; } = [];

    public int Risk { get; init; }

    public Component Component { get; init; }

    public int Weight { get; init; }

    /// <summary>Command lines that raise the indicator.</summary>
    public ImmutableArray<string> Fires { get; init; } = [];

    /// <summary>Command lines that do not.</summary>
    public ImmutableArray<string> Silent { get; init; } = [];

    public bool Fits(Invocation invocation, Fact fact)
    {
        if (!Facts.Contains(fact.Kind))
        {
            return false;
        }

        foreach (Condition condition in Conditions)
        {
            if (!condition.Holds(invocation, fact))
            {
                return false;
            }
        }

        return true;
    }
}
