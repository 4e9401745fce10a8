using System.Collections.Immutable;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Rules;

/// <summary>What a rule may ask of a fact and its command line: the closed set of questions that rule files choose from.</summary>
public abstract record Condition
{
    public abstract bool Holds(Invocation invocation, Fact fact);
}

public sealed record ValueIs(ImmutableArray<string> Values) : Condition
{
    public override bool Holds(Invocation invocation, Fact fact) => Values.Contains(fact.Value);
}

public sealed record ValueStarts(ImmutableArray<string> Beginnings) : Condition
{
    public override bool Holds(Invocation invocation, Fact fact)
    {
        foreach (string beginning in Beginnings)
        {
            if (fact.Value.StartsWith(beginning, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}

public sealed record CommandIs(ImmutableArray<string> Commands) : Condition
{
    public override bool Holds(Invocation invocation, Fact fact) => Commands.Contains(invocation.Command);
}

public sealed record PathIs(ImmutableArray<string> Paths) : Condition
{
    public override bool Holds(Invocation invocation, Fact fact) => fact.Path is string path && Paths.Contains(Canonical(path));

    /// <summary>/var/run is a link to /run on every host that matters.</summary>
    internal static string Canonical(string path) =>
        path == "/var/run" || path.StartsWith("/var/run/", StringComparison.Ordinal) ? path["/var".Length..] : path;
}

public sealed record PathUnder(ImmutableArray<string> Trees) : Condition
{
    public override bool Holds(Invocation invocation, Fact fact)
    {
        if (fact.Path is null)
        {
            return false;
        }

        string path = PathIs.Canonical(fact.Path);
        foreach (string tree in Trees)
        {
            if (path == tree || (path.StartsWith(tree, StringComparison.Ordinal) && path[tree.Length] == '/'))
            {
                return true;
            }
        }

        return false;
    }
}
