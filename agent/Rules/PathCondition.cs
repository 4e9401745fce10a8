using System.Collections.Immutable;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Rules;

/// <summary>The path is one of these.</summary>
public sealed record PathIs(ImmutableArray<PathPattern> Patterns) : Condition
{
    public override bool Holds(Invocation invocation, Fact fact) =>
        PathPattern.Split(fact.Path) is string[] path && Patterns.Any(pattern => pattern.Compare(path) == PathRelation.Same);
}

/// <summary>The path is one of these or below one.</summary>
public sealed record PathUnder(ImmutableArray<PathPattern> Patterns) : Condition
{
    public override bool Holds(Invocation invocation, Fact fact) =>
        PathPattern.Split(fact.Path) is string[] path && Patterns.Any(pattern => pattern.Compare(path) is PathRelation.Same or PathRelation.Below);
}

/// <summary>The path is a directory above one of these.</summary>
public sealed record PathAbove(ImmutableArray<PathPattern> Patterns) : Condition
{
    public override bool Holds(Invocation invocation, Fact fact) =>
        PathPattern.Split(fact.Path) is string[] path && Patterns.Any(pattern => pattern.Compare(path) == PathRelation.Above);
}

/// <summary>The path is in the container where a directory of the host is mounted, or below.</summary>
public sealed record PathInMount : Condition
{
    public override bool Holds(Invocation invocation, Fact fact) =>
        PathPattern.Split(fact.Path) is string[] path
        && invocation.Facts.Any(mount => mount.Kind == FactKind.HostMount
            && mount.Destination is ['/', ..] destination
            && new PathPattern(destination).Compare(path) is PathRelation.Same or PathRelation.Below);
}

public enum PathRelation
{
    None,
    Same,
    Below,
    Above,
}

/// <summary>An absolute, clean path in which * stands for any one name. /var/run is a link to /run on every host that matters.</summary>
public sealed class PathPattern(string pattern)
{
    private readonly string[] _names = Split(pattern)!;

    /// <summary>The names of an absolute path; null if there is no path.</summary>
    public static string[]? Split(string? path)
    {
        string[]? names = path?.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return names is ["var", "run", .. string[] rest] ? ["run", .. rest] : names;
    }

    /// <summary>Where a path lies, seen from the pattern.</summary>
    public PathRelation Compare(string[] path)
    {
        int common = Math.Min(path.Length, _names.Length);
        for (int i = 0; i < common; i++)
        {
            if (_names[i] != "*" && _names[i] != path[i])
            {
                return PathRelation.None;
            }
        }

        return path.Length.CompareTo(_names.Length) switch
        {
            0 => PathRelation.Same,
            > 0 => PathRelation.Below,
            _ => PathRelation.Above,
        };
    }
}
