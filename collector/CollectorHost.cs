using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Tallyman.Cli;
using Tallyman.Collector.Grpc;
using Tallyman.Collector.Ingest;
using Tallyman.Collector.Store;
using Tallyman.Grpc;

namespace Tallyman.Collector;

/// <summary>Composition root of the collector.</summary>
internal static partial class CollectorHost
{
    public static async Task<int> RunAsync(IPEndPoint address, string directory, CancellationToken cancel)
    {
        SqliteStore store;
        try
        {
            store = SqliteStore.Open(directory, TimeProvider.System);
        }
        catch (StoreException e)
        {
            throw new UserException(ExitCode.Unavailable, e.Message);
        }

        await using (store)
        {
            WebApplication app = Build(address, store);
            await using (app)
            {
                try
                {
                    await app.StartAsync(cancel);
                }
                catch (IOException e)
                {
                    throw new UserException(ExitCode.Unavailable, $"cannot listen on {address}: {e.Message}");
                }

                LogListening(app.Logger, app.Urls.First(), directory);
                await app.WaitForShutdownAsync(cancel);
            }
        }

        return ExitCode.Fine;
    }

    internal static WebApplication Build(IPEndPoint address, SqliteStore store)
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
            kestrel.Listen(address, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddSingleton(store);
        builder.Services.AddSingleton<IngestService>();

        WebApplication app = builder.Build();
        app.MapGrpc(IngestMethods.Stream, app.Services.GetRequiredService<IngestService>().StreamAsync);
        app.MapUnknownGrpc();
        return app;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Listening on {Url}, storing in {Directory}")]
    private static partial void LogListening(ILogger logger, string url, string directory);
}
