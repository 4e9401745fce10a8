using System.Collections.Immutable;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Suppression;

/// <summary>All exceptions of a site. The first that is for an alert decides.</summary>
internal sealed record ExceptionSet(ImmutableArray<AlertException> Exceptions)
{
    public static ExceptionSet None { get; } = new([]);

    /// <summary>Hits of exceptions of the same names are counted on.</summary>
    public void GoOnFrom(ExceptionSet last)
    {
        foreach (AlertException exception in Exceptions)
        {
            exception.Hit(last.Exceptions.FirstOrDefault(other => other.Name == exception.Name)?.Hits ?? 0);
        }
    }

    /// <summary>Counts the alert with the exception that it falls under; null if it is an alert like any other.</summary>
    public AlertException? Take(Alert alert, DateTimeOffset now)
    {
        foreach (AlertException exception in Exceptions)
        {
            if (!exception.HasExpired(now) && exception.IsFor(alert))
            {
                exception.Hit();
                return exception;
            }
        }

        return null;
    }
}
