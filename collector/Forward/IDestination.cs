using Tallyman.Collector.Store;

namespace Tallyman.Collector.Forward;

/// <summary>Who alerts are forwarded to.</summary>
internal interface IDestination : IDisposable
{
    /// <summary>For messages: without secrets.</summary>
    string Name { get; }

    /// <summary>Sends alerts once. Throws only when it is cancelled.</summary>
    Task<Answer> SendAsync(IReadOnlyList<StoredAlert> alerts, CancellationToken cancel);
}

internal enum Verdict
{
    /// <summary>All of them, but for <see cref="Answer.Rejected"/>.</summary>
    Taken,

    /// <summary>None now; the same may be taken later.</summary>
    Later,

    /// <summary>None until a person mends something.</summary>
    Misconfigured,

    /// <summary>Not these, now or ever: at least one of them is at fault.</summary>
    Refused,
}

/// <param name="Detail">Why, in the destination's words, which are safe to show.</param>
internal sealed record Answer(Verdict Verdict, string Detail = "")
{
    public static Answer Taken { get; } = new(Verdict.Taken);

    /// <summary>How long the destination wants to be left alone.</summary>
    public TimeSpan After { get; init; }

    /// <summary>Of <see cref="Verdict.Refused"/>: the first that is at fault, if that is known.</summary>
    public int? Which { get; init; }

    /// <summary>Of <see cref="Verdict.Taken"/>: how many of them the destination has thrown away, without saying which.</summary>
    public long Rejected { get; init; }
}
