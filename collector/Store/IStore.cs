namespace Tallyman.Collector.Store;

/// <summary>
/// Where a collector writes. Every method is one transaction, and what it has done is durable when it returns.
/// All throw <see cref="StoreException"/> only.
/// </summary>
internal interface IStore : IAsyncDisposable
{
    /// <summary>The store as an operator knows it, without secrets.</summary>
    string Name { get; }

    /// <summary>How many transactions with records are worth having at the same time.</summary>
    int Writers { get; }

    /// <summary>From now on these streams are the newest of their agents, and no older one may write.</summary>
    /// <returns>For each claim, in their order, where its agent goes on.</returns>
    Task<IReadOnlyList<Claimed>> ClaimAsync(IReadOnlyList<Claim> claims);

    /// <summary>Stores the records and how far their agents have come. What is stored already stays as it is.</summary>
    /// <returns>For each batch whether its stream is still the newest of its agent; if not, nothing of it is stored.</returns>
    Task<IReadOnlyList<bool>> StoreAsync(IReadOnlyList<AgentBatch> batches);

    /// <summary>Writes the last signs of life, and ends the findings of hosts that were silent until now.</summary>
    /// <returns>For each host whether its stream is still the newest of its agent; if not, it is not written.</returns>
    Task<IReadOnlyList<bool>> SaveHostsAsync(IReadOnlyList<HostState> hosts);

    /// <summary>
    /// Finds silent those hosts that have no newer stream elsewhere, and every host that no collector has heard of since
    /// <paramref name="othersBefore"/>.
    /// </summary>
    /// <returns>The hosts that are newly silent.</returns>
    Task<IReadOnlyList<string>> FindSilentAsync(IReadOnlyList<HostState> silent, DateTimeOffset othersBefore);

    /// <summary>Writes findings, or writes them anew: one is known by its agent, kind and beginning.</summary>
    Task SaveFindingsAsync(IReadOnlyList<Finding> findings);

    Task SaveCollectorAsync(CollectorState collector);

    /// <summary>Makes room for the days to come, and takes away a part of what is older than it is kept.</summary>
    /// <returns>Whether more is left to take away.</returns>
    Task<bool> MaintainAsync();
}
