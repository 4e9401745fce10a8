using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Tallyman.Collector.Store;
using Tallyman.Collector.Store.Postgres;
using Tallyman.Collector.Store.Sqlite;
using Tallyman.Grpc;
using Tallyman.V1;

namespace Tallyman.Collector.Tests;

/// <summary>A collector in this process: real Kestrel on a port of its own, a real store of its own.</summary>
public sealed class CollectorFixture : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string? _postgres;
    private readonly TimeProvider _time;
    private readonly TlsFiles? _tls;
    private readonly Func<IStore, IStore> _wrap;
    private WebApplication? _app;
    private IStore? _store;

    private CollectorFixture(string? postgres, TimeProvider time, TlsFiles? tls, Func<IStore, IStore> wrap) =>
        (_postgres, _time, _tls, _wrap) = (postgres, time, tls, wrap);

    public Uri Address { get; private set; } = null!;

    public string Directory => _directory.Path;

    internal static async Task<CollectorFixture> StartAsync(
        string? postgres = null, TimeProvider? time = null, TlsFiles? tls = null, Func<IStore, IStore>? wrap = null)
    {
        var collector = new CollectorFixture(postgres, time ?? TimeProvider.System, tls, wrap ?? (static store => store));
        await collector.OpenAsync();
        return collector;
    }

    /// <summary>As a collector that is started anew on the same store.</summary>
    public async Task RestartAsync()
    {
        await CloseAsync();
        await OpenAsync();
    }

    internal async Task<IStoreReader> OpenReaderAsync() => _postgres is null ? SqliteReader.Open(Directory) : await PostgresReader.OpenAsync(_postgres);

    internal async Task<List<StoredAlert>> StoredAsync()
    {
        await using IStoreReader reader = await OpenReaderAsync();
        return await reader.ReadAlertsAsync(DateTimeOffset.UnixEpoch).ToListAsync();
    }

    internal static GrpcCall<AgentFrame, CollectorFrame> Open(GrpcChannel channel) =>
        channel.Open(IngestMethods.Stream, new GrpcCallOptions(TimeProvider.System, CancellationToken.None));

    internal GrpcChannel Channel(TlsWatch? tls = null) => new(Address, TimeSpan.FromSeconds(20), tls);

    internal T Service<T>()
        where T : notnull => _app!.Services.GetRequiredService<T>();

    internal async Task<List<Finding>> FindingsAsync()
    {
        await using IStoreReader reader = await OpenReaderAsync();
        return await reader.ReadFindingsAsync(DateTimeOffset.UnixEpoch).ToListAsync();
    }

    /// <summary>As by SIGTERM.</summary>
    public Task StopAsync() => _app!.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _directory.Dispose();
    }

    private async Task OpenAsync()
    {
        var options = new CollectorOptions(new IPEndPoint(IPAddress.Loopback, 0), Directory, _postgres, TimeSpan.FromDays(90), _tls);
        _store = _wrap(await CollectorHost.OpenStoreAsync(options, _time));
        _app = CollectorHost.Build(options, _store, _time);
        await _app.StartAsync();
        Address = new Uri(_app.Urls.Single());
    }

    private async Task CloseAsync()
    {
        await _app!.StopAsync();
        await _app.DisposeAsync();
        await _store!.DisposeAsync();
    }
}
