using Google.Protobuf;

namespace Tallyman.Grpc;

/// <param name="MessageLimit">Bytes that an answer may have at most.</param>
/// <param name="Deadline">How long the whole call may take; null: for ever.</param>
/// <param name="Time">The clock of the deadline.</param>
public sealed record GrpcCallOptions(TimeProvider Time, CancellationToken Cancel)
{
    public int MessageLimit { get; init; } = GrpcFrame.DefaultMessageLimit;

    public TimeSpan? Deadline { get; init; }

    public string UserAgent { get; init; } = "grpc-dotnet-tallyman";
}

/// <summary>
/// Calls to one address over HTTP/2, in clear for <c>http</c> and in TLS for <c>https</c>. The one place to put
/// Grpc.Net.Client's channel when that package can be had.
/// </summary>
public sealed class GrpcChannel : IDisposable
{
    private readonly HttpMessageInvoker _http;
    private readonly Uri _address;

    /// <param name="keepAlive">Silence after which the peer is asked whether it is still there; it then has half as long to answer.</param>
    public GrpcChannel(Uri address, TimeSpan keepAlive)
    {
        _address = address;
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            EnableMultipleHttp2Connections = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            KeepAlivePingDelay = keepAlive,
            KeepAlivePingTimeout = keepAlive / 2,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        });
    }

    public GrpcCall<TRequest, TResponse> Open<TRequest, TResponse>(GrpcMethod<TRequest, TResponse> method, GrpcCallOptions options)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        new(_http, _address, method, options);

    public void Dispose() => _http.Dispose();
}
