using System.Globalization;
using Google.Protobuf;
using Tallyman.Grpc;

namespace Tallyman.Collector.Grpc;

/// <summary>gRPC over Kestrel's HTTP/2: turns a request into a call, and the end of its handler into trailers.</summary>
internal static partial class GrpcServer
{
    private const string ContentType = "application/grpc";

    /// <summary>What a handler has to come to its end when the server stops; the host waits half a minute in all.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(10);

    public static void MapGrpc<TRequest, TResponse>(
        this WebApplication app, GrpcMethod<TRequest, TResponse> method, Func<GrpcServerCall<TRequest, TResponse>, Task> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        TimeProvider time = app.Services.GetRequiredService<TimeProvider>();
        app.MapPost(method.Path, http => AnswerAsync(http, method, handler, app.Logger, time, app.Lifetime.ApplicationStopping));
    }

    /// <summary>Whatever else is asked for by gRPC is answered in gRPC.</summary>
    public static void MapUnknownGrpc(this WebApplication app) => app.MapFallback(async http =>
    {
        if (IsGrpc(http.Request))
        {
            await StartAsync(http.Response);
            WriteStatus(http.Response, new GrpcStatus(StatusCode.Unimplemented, $"no method {http.Request.Path}"));
        }
        else
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
        }
    });

    private static async Task AnswerAsync<TRequest, TResponse>(
        HttpContext http,
        GrpcMethod<TRequest, TResponse> method,
        Func<GrpcServerCall<TRequest, TResponse>, Task> handler,
        ILogger logger,
        TimeProvider time,
        CancellationToken stopping)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        if (!IsGrpc(http.Request))
        {
            http.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }

        using var deadline = new CancellationTokenSource(DeadlineOf(http.Request), time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, deadline.Token);
        await using CancellationTokenRegistration farewell = stopping.Register(() => end.CancelAfter(Farewell));
        await StartAsync(http.Response);

        GrpcStatus status;
        try
        {
            await handler(new(http, method, GrpcFrame.DefaultMessageLimit, end.Token));
            status = GrpcStatus.OK;
        }
        catch (GrpcException e)
        {
            status = e.Status;
        }
        catch (Exception e) when (http.RequestAborted.IsCancellationRequested || e is IOException)
        {
            return; // nobody is left to tell; the body may say so before the token does
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            status = deadline.IsCancellationRequested
                ? new GrpcStatus(StatusCode.DeadlineExceeded, "the deadline of the call has passed")
                : new GrpcStatus(StatusCode.Unavailable, "the collector stops");
        }
        catch (Exception e)
        {
            LogFailedCall(logger, method.Path, e);
            status = new GrpcStatus(StatusCode.Internal, "the collector failed; its log says why");
        }

        WriteStatus(http.Response, status);
    }

    private static bool IsGrpc(HttpRequest request) =>
        HttpProtocol.IsHttp2(request.Protocol)
        && request.ContentType is string type
        && (type == ContentType || type.StartsWith(ContentType + "+proto", StringComparison.Ordinal) || type.StartsWith(ContentType + ";", StringComparison.Ordinal));

    private static TimeSpan DeadlineOf(HttpRequest request) =>
        GrpcTimeout.TryParse(request.Headers["grpc-timeout"], out TimeSpan timeout) && timeout < TimeSpan.FromDays(40)
            ? timeout
            : Timeout.InfiniteTimeSpan;

    private static async Task StartAsync(HttpResponse response)
    {
        response.ContentType = ContentType;
        response.Headers["grpc-accept-encoding"] = "identity";
        await response.StartAsync();
        await response.Body.FlushAsync(); // the headers tell the client that it may go on
    }

    private static void WriteStatus(HttpResponse response, GrpcStatus status)
    {
        response.AppendTrailer("grpc-status", ((int)status.Code).ToString(CultureInfo.InvariantCulture));
        if (status.Message.Length > 0)
        {
            response.AppendTrailer("grpc-message", PercentEncoding.Encode(status.Message));
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A call of {Method} fails")]
    private static partial void LogFailedCall(ILogger logger, string method, Exception e);
}
