using System.Collections.Immutable;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Suppression;

/// <summary>What an exception may ask of an alert: a closed set of questions. What is not known fits no pattern.</summary>
/// <param name="Key">As it stands in files.</param>
internal abstract record ExceptionCondition(string Key, ImmutableArray<string> Texts)
{
    public abstract bool Holds(Alert alert);

    public sealed override string ToString() => $"{Key} {string.Join('|', Texts)}";
}

/// <summary>One of the texts that an alert has to a question fits one of the patterns.</summary>
internal sealed record FactFits(string Key, ImmutableArray<string> Texts, Func<Alert, IEnumerable<string?>> Of) : ExceptionCondition(Key, Texts)
{
    private readonly ImmutableArray<Glob> _globs = [.. Texts.Select(static text => new Glob(text))];

    public override bool Holds(Alert alert) => Of(alert).Any(text => text is { Length: > 0 } && _globs.Any(glob => glob.Fits(text)));
}

/// <summary>
/// Every indicator of the alert is one of these, so that an exception for builds with privileges does not hide that one of them
/// reads secrets, too.
/// </summary>
internal sealed record IndicatorsAreOf(ImmutableArray<string> Texts) : ExceptionCondition("indicators", Texts)
{
    public override bool Holds(Alert alert) => alert.Verdict.Indicators.All(indicator => Texts.Contains(indicator.Id));
}
