using Microsoft.Extensions.Logging.Abstractions;
using Tallyman.Collector.Ingest;
using Tallyman.Collector.Store;
using Xunit;

namespace Tallyman.Collector.Tests.Ingest;

public sealed class GroupCommitTests
{
    private readonly ManualClock _clock = new(Messages.Time);
    private readonly TaskCompletionSource _first = new();

    [Fact]
    public async Task What_gathers_while_one_commits_is_committed_together()
    {
        var groups = new List<int>();
        await using GroupCommit<int, int> commit = New(async items =>
        {
            groups.Add(items.Count);
            await _first.Task;
            return [.. items.Select(static item => -item)];
        });
        Task<int>[] all = [.. Enumerable.Range(0, 50).Select(commit.DoAsync)];
        _first.SetResult();
        Assert.Equal(Enumerable.Range(0, 50).Select(static item => -item), await Task.WhenAll(all));
        Assert.InRange(groups.Count, 1, 3);
    }

    [Fact]
    public async Task One_that_cannot_be_stored_harms_none_beside_it()
    {
        await using GroupCommit<int, int> commit = New(async items =>
        {
            await _first.Task;
            return items.Contains(13) ? throw new StoreException("thirteen") : [.. items];
        });
        Task<int>[] all = [.. Enumerable.Range(0, 50).Select(commit.DoAsync)];
        _first.SetResult();
        for (int i = 0; i < all.Length; i++)
        {
            if (i == 13)
            {
                Assert.Equal("thirteen", (await Assert.ThrowsAsync<StoreException>(() => all[13])).Message);
            }
            else
            {
                Assert.Equal(i, await all[i]);
            }
        }
    }

    [Fact]
    public async Task While_the_store_is_away_everybody_waits()
    {
        int attempts = 0;
        await using GroupCommit<int, int> commit = New(items => ++attempts < 4 ? throw new StoreException("away", mayPass: true) : Task.FromResult<IReadOnlyList<int>>([.. items]));
        Task<int> one = commit.DoAsync(1);
        while (!one.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal((1, 4), (await one, attempts));
    }

    [Fact]
    public async Task A_collector_that_stops_does_not_wait_for_a_store_that_is_away()
    {
        GroupCommit<int, int> commit = New(static _ => throw new StoreException("away", mayPass: true));
        Task<int> one = commit.DoAsync(1);
        await commit.DisposeAsync();
        await Assert.ThrowsAsync<StoreException>(() => one);
        await Assert.ThrowsAsync<StoreException>(() => commit.DoAsync(2));
    }

    private GroupCommit<int, int> New(Func<IReadOnlyList<int>, Task<IReadOnlyList<int>>> commit) => new(commit, 1, TimeSpan.FromSeconds(1), _clock, NullLogger.Instance);
}
