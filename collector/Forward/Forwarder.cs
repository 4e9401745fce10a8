using Tallyman.Collector.Store;
using Tallyman.Grpc;

namespace Tallyman.Collector.Forward;

/// <summary>
/// Follows the store for one destination: every alert in the order of storing, at least once. Where the destination has come to is stored
/// after each answer; what it refuses for ever is counted and named in the log.
/// </summary>
internal sealed partial class Forwarder(IOutbox outbox, IDestination destination, TimeProvider time, Random random, ILogger<Forwarder> logger)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MendedWithin = TimeSpan.FromMinutes(1);

    /// <summary>Until it is cancelled.</summary>
    /// <exception cref="StoreException">The store is not to be used.</exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        var backoff = new Backoff(random, FirstWait);
        while (true)
        {
            try
            {
                await OwnAsync(cancel);
                Progress progress = await outbox.LoadAsync();
                LogBegins(logger, destination.Name, progress.Forwarded, progress.Refused, progress.Missed);
                while (true)
                {
                    progress = await ForwardAsync(progress, cancel);
                    backoff.Reset();
                }
            }
            catch (StoreException e) when (e.MayPass)
            {
                LogStoreFails(logger, e.Message);
                await Task.Delay(backoff.Next(), time, cancel);
            }
        }
    }

    private async Task OwnAsync(CancellationToken cancel)
    {
        for (bool isSaid = false; !await outbox.TryOwnAsync(); isSaid = true)
        {
            if (!isSaid)
            {
                LogWaits(logger, destination.Name);
            }

            await Task.Delay(AskEvery, time, cancel);
        }
    }

    /// <summary>What there is next, or a pause if there is nothing.</summary>
    private async Task<Progress> ForwardAsync(Progress progress, CancellationToken cancel)
    {
        IReadOnlyList<PlacedAlert> next = await outbox.ReadAsync(progress.Place, cancel);
        if (next.Count == 0)
        {
            await Task.Delay(LookEvery, time, cancel);
            return progress;
        }

        var parts = new Stack<ArraySegment<PlacedAlert>>([next.ToArray()]);
        while (parts.TryPop(out ArraySegment<PlacedAlert> part))
        {
            Answer answer = await AnswerAsync(part, cancel);
            if (answer.Verdict == Verdict.Refused && part.Count > 1)
            {
                Divide(part, answer.Which, parts);
            }
            else
            {
                progress = await SaveAsync(progress, part, answer);
            }
        }

        return progress;
    }

    /// <summary>Sends until the destination has said yes or never.</summary>
    private async Task<Answer> AnswerAsync(ArraySegment<PlacedAlert> part, CancellationToken cancel)
    {
        StoredAlert[] alerts = [.. part.Select(static placed => placed.Stored)];
        var backoff = new Backoff(random, FirstWait);
        for (int attempts = 1; ; attempts++)
        {
            Answer answer = await destination.SendAsync(alerts, cancel);
            switch (answer.Verdict)
            {
                case Verdict.Taken or Verdict.Refused:
                    if (attempts > 1)
                    {
                        LogAnswersAgain(logger, destination.Name, attempts);
                    }

                    return answer;
                case Verdict.Misconfigured:
                    LogMisconfigured(logger, destination.Name, answer.Detail);
                    await Task.Delay(MendedWithin, time, cancel);
                    break;
                default:
                    TimeSpan wait = backoff.Next();
                    wait = wait > answer.After ? wait : answer.After;
                    LogLater(logger, destination.Name, wait.TotalSeconds, answer.Detail);
                    await Task.Delay(wait, time, cancel);
                    break;
            }
        }
    }

    /// <summary>Around the one that is at fault, or in halves until it is found. Those in front are next.</summary>
    private static void Divide(ArraySegment<PlacedAlert> part, int? which, Stack<ArraySegment<PlacedAlert>> parts)
    {
        (int first, int behind) = which is int named && named >= 0 && named < part.Count ? (named, named + 1) : (part.Count / 2, part.Count / 2);
        foreach (Range range in (Range[])[new Range(behind, part.Count), new Range(first, behind), new Range(0, first)])
        {
            if (part[range].Count > 0)
            {
                parts.Push(part[range]);
            }
        }
    }

    private async Task<Progress> SaveAsync(Progress progress, ArraySegment<PlacedAlert> part, Answer answer)
    {
        long refused = answer.Verdict == Verdict.Refused ? part.Count : Math.Clamp(answer.Rejected, 0, part.Count);
        if (refused > 0)
        {
            LogRefused(logger, destination.Name, refused, string.Join(' ', part.Select(static placed => placed.Stored.Alert.Id)), answer.Detail);
        }

        Progress saved = await outbox.SaveAsync(progress with
        {
            Place = part[^1].Place,
            Forwarded = progress.Forwarded + part.Count - refused,
            Refused = progress.Refused + refused,
        });
        if (saved.Missed > progress.Missed)
        {
            LogMissed(logger, destination.Name, saved.Missed - progress.Missed);
        }

        return saved;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Forwarding to {Destination}: {Forwarded} alerts so far, {Refused} refused, {Missed} missed")]
    private static partial void LogBegins(ILogger logger, string destination, long forwarded, long refused, long missed);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Another process forwards to {Destination} from this store: waiting for its end")]
    private static partial void LogWaits(ILogger logger, string destination);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store fails, it is tried again: {Reason}")]
    private static partial void LogStoreFails(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Destination} takes nothing now, next attempt in {Seconds:0.0} s: {Reason}")]
    private static partial void LogLater(ILogger logger, string destination, double seconds, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Destination} takes nothing until its configuration or this one is mended; it is asked once a minute: {Reason}")]
    private static partial void LogMisconfigured(ILogger logger, string destination, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Destination} answers again, at attempt {Attempts}")]
    private static partial void LogAnswersAgain(ILogger logger, string destination, int attempts);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Destination} refuses {Count} of these alerts for ever, they stay in the store only: {Ids}: {Reason}")]
    private static partial void LogRefused(ILogger logger, string destination, long count, string ids, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Destination} has missed {Count} alerts, which were older than they are kept before it took them")]
    private static partial void LogMissed(ILogger logger, string destination, long count);
}
