using System.Collections.Immutable;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Rules;

/// <summary>An example that its rule does not bear out.</summary>
/// <param name="Raised">What the command line raises.</param>
public sealed record WrongExample(string Indicator, string Line, bool ShouldFire, ImmutableArray<string> Raised);

/// <summary>Runs the command lines that stand beside rules as examples of what raises them and what does not.</summary>
public static class RuleExamples
{
    /// <param name="judge">Judges a command line, as one types it, by all rules in use.</param>
    /// <returns>How many there are, and which are wrong.</returns>
    public static (int Examples, ImmutableArray<WrongExample> Wrong) Run(IEnumerable<Rule> rules, Func<string, Verdict> judge)
    {
        int count = 0;
        var wrong = ImmutableArray.CreateBuilder<WrongExample>();
        foreach (Rule rule in rules)
        {
            foreach ((string line, bool shouldFire) in rule.Fires.Select(static line => (line, true)).Concat(rule.Silent.Select(static line => (line, false))))
            {
                count++;
                Verdict verdict = judge(line);
                if (verdict.Indicators.Any(each => rule.Indicator == Rule.Nothing || (each.Id == rule.Indicator && each.Risk >= rule.Risk)) != shouldFire)
                {
                    wrong.Add(new WrongExample(rule.Indicator, line, shouldFire, [.. verdict.Indicators.Select(static each => each.Id).Distinct()]));
                }
            }
        }

        return (count, wrong.ToImmutable());
    }
}
