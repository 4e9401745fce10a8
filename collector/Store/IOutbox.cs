namespace Tallyman.Collector.Store;

/// <summary>
/// What is stored, in the order of storing, as one destination gets it, and how far it has come. Used by one process at a time.
/// All methods throw <see cref="StoreException"/> only; after one, <see cref="TryOwnAsync"/> begins anew.
/// </summary>
internal interface IOutbox : IAsyncDisposable
{
    /// <summary>As much as is read at once: alerts, and bytes that the last of them begins within.</summary>
    const int MostAlerts = 200;

    const int MostBytes = 512 * 1024;

    /// <returns>Whether this process is the only one that forwards to the destination from now on, until it ends.</returns>
    Task<bool> TryOwnAsync();

    /// <returns>Where the destination goes on, or begins, if it is new.</returns>
    Task<Progress> LoadAsync();

    /// <summary>Waits for those who are writing, where they may still write something in front of what is there.</summary>
    /// <returns>What comes after this place, in order; nothing if there is nothing yet.</returns>
    Task<IReadOnlyList<PlacedAlert>> ReadAsync(long after, CancellationToken cancel);

    /// <returns>The same, with what was missed meanwhile.</returns>
    Task<Progress> SaveAsync(Progress progress);
}

/// <param name="Place">Of the last alert that the destination is done with.</param>
/// <param name="Forwarded">Alerts that it has taken.</param>
/// <param name="Refused">Alerts that it has not and never will.</param>
/// <param name="Missed">Alerts that were older than they are kept before it took them.</param>
internal sealed record Progress(long Place, long Forwarded, long Refused, long Missed);

internal sealed record PlacedAlert(long Place, StoredAlert Stored);
