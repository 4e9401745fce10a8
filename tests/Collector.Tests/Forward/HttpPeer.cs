using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Tallyman.Collector.Tests.Forward;

/// <summary>A server of HTTP that answers as it is told: real Kestrel on a port of its own.</summary>
internal sealed class HttpPeer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private HttpPeer(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    /// <summary>Each does the next request; when there are none left, the usual does.</summary>
    public ConcurrentQueue<RequestDelegate> Next { get; } = [];

    /// <param name="certificate">With its key, for https.</param>
    public static async Task<HttpPeer> StartAsync(RequestDelegate usual, System.Security.Cryptography.X509Certificates.X509Certificate2? certificate = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        var peer = new HttpPeer(builder.Build());
        peer._app.Run(http => peer.Next.TryDequeue(out RequestDelegate? next) ? next(http) : usual(http));
        await peer._app.StartAsync();
        return peer;
    }

    public static RequestDelegate Answer(int status, string body = "", string? retryAfter = null) => async http =>
    {
        http.Response.StatusCode = status;
        if (retryAfter is not null)
        {
            http.Response.Headers.RetryAfter = retryAfter;
        }

        await http.Response.WriteAsync(body);
    };

    /// <summary>The connection is reset.</summary>
    public static Task Reset(HttpContext http)
    {
        http.Abort();
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
