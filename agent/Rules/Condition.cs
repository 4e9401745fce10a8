using System.Collections.Immutable;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Rules;

/// <summary>What a rule may ask of a fact and its command line: the closed set of questions that rule files choose from.</summary>
public abstract record Condition
{
    public abstract bool Holds(Invocation invocation, Fact fact);
}

public sealed record ToolIs(ImmutableArray<Tool> Tools) : Condition
{
    public override bool Holds(Invocation invocation, Fact fact) => Tools.Contains(invocation.Tool);
}

public sealed record CommandIs(ImmutableArray<string> Commands) : Condition
{
    public override bool Holds(Invocation invocation, Fact fact) => Commands.Contains(invocation.Command);
}

public sealed record ValueIs(ImmutableArray<string> Values) : Condition
{
    public override bool Holds(Invocation invocation, Fact fact) => Values.Contains(fact.Value);
}

public sealed record ValueStarts(ImmutableArray<string> Beginnings) : Condition
{
    public override bool Holds(Invocation invocation, Fact fact) => Begins(fact, Beginnings);

    public static bool Begins(Fact fact, ImmutableArray<string> beginnings)
    {
        foreach (string beginning in beginnings)
        {
            if (fact.Value.StartsWith(beginning, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}

public sealed record ValueStartsNot(ImmutableArray<string> Beginnings) : Condition
{
    public override bool Holds(Invocation invocation, Fact fact) => !ValueStarts.Begins(fact, Beginnings);
}

/// <summary>In any case.</summary>
public sealed record ValueHolds(ImmutableArray<string> Parts) : Condition
{
    public override bool Holds(Invocation invocation, Fact fact)
    {
        foreach (string part in Parts)
        {
            if (fact.Value.Contains(part, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>In any case.</summary>
public sealed record ValueEnds(ImmutableArray<string> Ends) : Condition
{
    public override bool Holds(Invocation invocation, Fact fact)
    {
        foreach (string end in Ends)
        {
            if (fact.Value.EndsWith(end, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
