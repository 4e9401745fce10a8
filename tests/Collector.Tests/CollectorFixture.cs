using System.Net;
using Microsoft.AspNetCore.Builder;
using Tallyman.Collector.Store;
using Tallyman.Grpc;
using Tallyman.V1;

namespace Tallyman.Collector.Tests;

/// <summary>A collector in this process: real Kestrel on a port of its own, real SQLite in a directory of its own.</summary>
public sealed class CollectorFixture : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private WebApplication? _app;
    private SqliteStore? _store;

    public Uri Address { get; private set; } = null!;

    public string Directory => _directory.Path;

    public static async Task<CollectorFixture> StartAsync()
    {
        var collector = new CollectorFixture();
        await collector.OpenAsync();
        return collector;
    }

    /// <summary>As a collector that is started anew on the same store.</summary>
    public async Task RestartAsync()
    {
        await CloseAsync();
        await OpenAsync();
    }

    internal IReadOnlyList<StoredAlert> Stored() => [.. SqliteStore.ReadAlerts(Directory, DateTimeOffset.UnixEpoch)];

    internal static GrpcCall<AgentFrame, CollectorFrame> Open(GrpcChannel channel) =>
        channel.Open(IngestMethods.Stream, new GrpcCallOptions(TimeProvider.System, CancellationToken.None));

    internal GrpcChannel Channel() => new(Address, TimeSpan.FromSeconds(20));

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _directory.Dispose();
    }

    private async Task OpenAsync()
    {
        _store = SqliteStore.Open(Directory, TimeProvider.System);
        _app = CollectorHost.Build(new IPEndPoint(IPAddress.Loopback, 0), _store);
        await _app.StartAsync();
        Address = new Uri(_app.Urls.Single());
    }

    private async Task CloseAsync()
    {
        await _app!.DisposeAsync();
        await _store!.DisposeAsync();
    }
}
