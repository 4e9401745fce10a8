using System.Threading.Channels;
using Tallyman.Collector.Store;

namespace Tallyman.Collector.Ingest;

/// <summary>
/// Has a loop commit what has gathered meanwhile as one transaction. Everybody who adds something waits for it, so that
/// one stream has at most one item in here.
/// </summary>
/// <param name="loops">How many transactions there may be at the same time.</param>
/// <param name="patience">How long to wait before the same is tried again while the store is away; null: it is not tried again.</param>
internal sealed partial class GroupCommit<TItem, TResult> : IAsyncDisposable
{
    private const int MostTogether = 1024;

    private readonly Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TResult>>> _commit;
    private readonly TimeSpan? _patience;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<Entry> _entries = Channel.CreateUnbounded<Entry>();
    private readonly CancellationTokenSource _end = new();
    private readonly Task _committing;

    public GroupCommit(Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TResult>>> commit, int loops, TimeSpan? patience, TimeProvider time, ILogger logger)
    {
        (_commit, _patience, _time, _logger) = (commit, patience, time, logger);
        _committing = Task.WhenAll(Enumerable.Range(0, loops).Select(_ => Task.Run(CommitAllAsync)));
    }

    /// <summary>Completes when the item is committed.</summary>
    /// <exception cref="StoreException">The item cannot be stored, or not now.</exception>
    public async Task<TResult> DoAsync(TItem item)
    {
        var entry = new Entry(item, new TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously));
        return _entries.Writer.TryWrite(entry) ? await entry.Done.Task : throw new StoreException("the collector stops", mayPass: true);
    }

    public async ValueTask DisposeAsync()
    {
        _entries.Writer.TryComplete();
        await _end.CancelAsync();
        await _committing;
        _end.Dispose();
    }

    private async Task CommitAllAsync()
    {
        var together = new List<Entry>();
        while (await _entries.Reader.WaitToReadAsync())
        {
            together.Clear();
            while (together.Count < MostTogether && _entries.Reader.TryRead(out Entry? entry))
            {
                together.Add(entry);
            }

            if (together.Count > 0) // another loop may have been faster
            {
                await CommitAsync(together);
            }
        }
    }

    private async Task CommitAsync(List<Entry> together)
    {
        try
        {
            IReadOnlyList<TResult> results = await CommitPatientlyAsync([.. together.Select(static entry => entry.Item)]);
            for (int i = 0; i < results.Count; i++)
            {
                together[i].Done.SetResult(results[i]);
            }
        }
        catch (Exception e) when (together.Count == 1 || e is StoreException { MayPass: true })
        {
            together.ForEach(entry => entry.Done.SetException(e));
        }
        catch (Exception)
        {
            // One of them is the reason: the others shall not suffer for it.
            await CommitAsync(together[..(together.Count / 2)]);
            await CommitAsync(together[(together.Count / 2)..]);
        }
    }

    private async Task<IReadOnlyList<TResult>> CommitPatientlyAsync(IReadOnlyList<TItem> items)
    {
        for (bool isAway = false; ; isAway = true)
        {
            try
            {
                IReadOnlyList<TResult> results = await _commit(items);
                if (isAway)
                {
                    LogStoreIsBack(_logger);
                }

                return results;
            }
            catch (StoreException e) when (e.MayPass && _patience is TimeSpan patience && !_end.IsCancellationRequested)
            {
                if (!isAway)
                {
                    LogStoreIsAway(_logger, e.Message);
                }

                await Task.Delay(patience, _time, _end.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Nothing can be stored, agents keep what they have until it can: {Reason}")]
    private static partial void LogStoreIsAway(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The store is there again")]
    private static partial void LogStoreIsBack(ILogger logger);

    private sealed record Entry(TItem Item, TaskCompletionSource<TResult> Done);
}
