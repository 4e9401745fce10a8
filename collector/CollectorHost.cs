using System.Net.Security;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Tallyman.Cli;
using Tallyman.Collector.Grpc;
using Tallyman.Collector.Ingest;
using Tallyman.Collector.Store;
using Tallyman.Collector.Store.Postgres;
using Tallyman.Collector.Store.Sqlite;
using Tallyman.Grpc;

namespace Tallyman.Collector;

/// <summary>Composition root of the collector.</summary>
internal static partial class CollectorHost
{
    public static async Task<int> RunAsync(CollectorOptions options, CancellationToken cancel)
    {
        try
        {
            await using IStore store = await OpenStoreAsync(options, TimeProvider.System);
            await using WebApplication app = Build(options, store, TimeProvider.System);
            await app.StartAsync(cancel);
            LogListening(app.Logger, app.Urls.First(), store.Name);
            using IDisposable impatience = Interrupts.EndAtTheSecond();
            await app.WaitForShutdownAsync(cancel);
            return HostEnd.ExitCodeOf(app);
        }
        catch (StoreException e)
        {
            throw new UserException(ExitCode.Unavailable, e.Message);
        }
        catch (TlsException e)
        {
            throw new UserException(ExitCode.Configuration, e.Message);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            throw new UserException(ExitCode.NoPermission, $"cannot listen on {options.Address}: ports below 1024 take root or CAP_NET_BIND_SERVICE: name another with --listen");
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw new UserException(ExitCode.Unavailable, $"cannot listen on {options.Address}: {e.Message}");
        }
    }

    /// <exception cref="StoreException">It cannot be used; the message says why.</exception>
    internal static async Task<IStore> OpenStoreAsync(CollectorOptions options, TimeProvider time) => options.Postgres is string connection
        ? await PostgresStore.OpenAsync(connection, time, options.Keep)
        : SqliteStore.Open(options.Directory, time, options.Keep);

    internal static WebApplication Build(CollectorOptions options, IStore store, TimeProvider time)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        MessageFormatter.AddTo(builder.Logging);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Streams live for days and may say nothing for a while.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(20);
            kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
            // What an agent may have sent that is not read yet: with ten thousand of them this is most of the memory.
            kestrel.Limits.Http2.InitialStreamWindowSize = StreamWindow;
            kestrel.Limits.Http2.InitialConnectionWindowSize = StreamWindow;
            kestrel.Listen(options.Address, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                if (options.Tls is not null)
                {
                    TlsWatch tls = listen.ApplicationServices.GetRequiredService<TlsWatch>();
                    _ = tls.Required; // there is no listening without
                    listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = connection => ValueTask.FromResult(ForClient(tls, listen.ApplicationServices.GetRequiredService<FindingLog>(), connection)) });
                }
            });
        });
        if (options.Tls is TlsFiles files)
        {
            builder.Services.AddSingleton(provider => new TlsWatch(files, time, provider.GetRequiredService<ILogger<TlsWatch>>()));
        }

        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton(new Random());
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(store);
        builder.Services.AddSingleton<CollectorCounters>();
        builder.Services.AddSingleton<FindingLog>();
        builder.Services.AddSingleton<Fleet>();
        builder.Services.AddSingleton<StoreQueue>();
        builder.Services.AddSingleton<CollectorStatus>();
        builder.Services.AddSingleton<IngestService>();
        builder.Services.AddHostedService<FleetKeeper>();

        WebApplication app = builder.Build();
        app.Lifetime.ApplicationStopping.Register(app.Services.GetRequiredService<Fleet>().Close);
        app.MapGrpc(IngestMethods.Stream, app.Services.GetRequiredService<IngestService>().StreamAsync);
        app.MapUnknownGrpc();
        return app;
    }

    private static SslServerAuthenticationOptions ForClient(TlsWatch tls, FindingLog findings, TlsHandshakeCallbackContext connection)
    {
        SslServerAuthenticationOptions options = tls.Required.ForServer();
        options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
        {
            if (errors != SslPolicyErrors.None)
            {
                string flaws = string.Join(", ", chain?.ChainStatus.Select(static status => status.Status.ToString()) ?? []);
                findings.Add("", FindingKind.CertificateRefused, $"{connection.Connection.RemoteEndPoint}: {certificate?.Subject ?? "no certificate"}: {errors} {flaws}");
            }

            return errors == SslPolicyErrors.None;
        };
        return options;
    }

    private const int StreamWindow = 64 * 1024;

    [LoggerMessage(Level = LogLevel.Information, Message = "Listening on {Url}, storing in {Store}")]
    private static partial void LogListening(ILogger logger, string url, string store);
}
