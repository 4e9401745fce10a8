namespace Tallyman.Collector.Store;

/// <summary>What is stored, as people want to see it. May be read while collectors write.</summary>
internal interface IStoreReader : IAsyncDisposable
{
    /// <summary>Alerts of executions at or after this time, oldest first.</summary>
    IAsyncEnumerable<StoredAlert> ReadAlertsAsync(DateTimeOffset since);

    /// <summary>What agents lost until this time or later, oldest first.</summary>
    IAsyncEnumerable<StoredGap> ReadGapsAsync(DateTimeOffset since);

    /// <summary>What agents said of themselves at this time or later, oldest first.</summary>
    IAsyncEnumerable<StoredTrail> ReadTrailAsync(DateTimeOffset since);

    IAsyncEnumerable<Finding> ReadFindingsAsync(DateTimeOffset since);

    IAsyncEnumerable<StoredHost> ReadHostsAsync();

    IAsyncEnumerable<CollectorState> ReadCollectorsAsync();

    IAsyncEnumerable<ForwarderState> ReadForwardersAsync();
}
