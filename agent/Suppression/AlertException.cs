using System.Collections.Immutable;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Suppression;

/// <summary>
/// Alerts that a site expects, and for how long, why, and who says so. All conditions must hold.
/// </summary>
/// <param name="LowerTo">What severity is left at most; null if there is to be no alert at all.</param>
/// <param name="Until">The first day on which it holds no more; null for never.</param>
/// <param name="Origin">Where it stands, file:line.</param>
internal sealed record AlertException(string Name, ImmutableArray<ExceptionCondition> Conditions, Severity? LowerTo, DateOnly? Until, string Reason, string Owner, string Origin)
{
    private long _hits;

    /// <summary>Alerts that it was for, since the agent runs.</summary>
    public long Hits => Interlocked.Read(ref _hits);

    public void Hit(long count = 1) => Interlocked.Add(ref _hits, count);

    public bool HasExpired(DateTimeOffset now) => Until is DateOnly until && DateOnly.FromDateTime(now.UtcDateTime) >= until;

    public bool IsFor(Alert alert)
    {
        foreach (ExceptionCondition condition in Conditions)
        {
            if (!condition.Holds(alert))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>As collectors are told of it: who has allowed what, and why.</summary>
    public override string ToString() =>
        $"{Name}: {(LowerTo is Severity severity ? $"lower to {severity.ToString().ToUpperInvariant()}" : "suppress")} {string.Join(", ", Conditions)} until {Until?.ToString("O", System.Globalization.CultureInfo.InvariantCulture) ?? "never"}, {Owner}: {Reason} ({Origin})";
}
