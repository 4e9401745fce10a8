using Tallyman.Collector.Store;

namespace Tallyman.Collector.Tests;

/// <summary>A store that stores nothing until it is told to.</summary>
internal sealed class StuckStore(IStore store) : IStore
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => store.Name;

    public int Writers => store.Writers;

    public void Release() => _released.SetResult();

    public async Task<IReadOnlyList<bool>> StoreAsync(IReadOnlyList<AgentBatch> batches)
    {
        await _released.Task;
        return await store.StoreAsync(batches);
    }

    public Task<IReadOnlyList<Claimed>> ClaimAsync(IReadOnlyList<Claim> claims) => store.ClaimAsync(claims);

    public Task<IReadOnlyList<bool>> SaveHostsAsync(IReadOnlyList<HostState> hosts) => store.SaveHostsAsync(hosts);

    public Task<IReadOnlyList<string>> FindSilentAsync(IReadOnlyList<HostState> silent, DateTimeOffset othersBefore) => store.FindSilentAsync(silent, othersBefore);

    public Task SaveFindingsAsync(IReadOnlyList<Finding> findings) => store.SaveFindingsAsync(findings);

    public Task SaveCollectorAsync(CollectorState collector) => store.SaveCollectorAsync(collector);

    public Task<bool> MaintainAsync() => store.MaintainAsync();

    public ValueTask DisposeAsync() => store.DisposeAsync();
}
