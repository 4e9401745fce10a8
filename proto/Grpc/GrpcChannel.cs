using System.Net;
using System.Net.Security;
using System.Net.Sockets;
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

    /// <summary>The header of this name; null: none.</summary>
    public string? Authorization { get; init; }
}

/// <summary>
/// Calls to one address over HTTP/2, in clear for <c>http</c> and in TLS for <c>https</c>. The one place to put
/// Grpc.Net.Client's channel when that package can be had.
/// </summary>
public sealed class GrpcChannel : IDisposable
{
    private readonly Uri _address;
    private readonly TimeSpan _keepAlive;
    private readonly TlsWatch? _tls;
    private readonly IPAddress? _source;
    private readonly SslClientAuthenticationOptions? _authorities;
    private readonly Lock _lock = new();
    private HttpMessageInvoker _http;
    private TlsIdentity? _identity;

    /// <param name="keepAlive">Silence after which the peer is asked whether it is still there; it then has half as long to answer.</param>
    /// <param name="tls">Who this side is and whom it trusts, for <c>https</c>.</param>
    /// <exception cref="TlsException">There is no certificate to be used.</exception>
    /// <param name="source">The address to come from; null: the system chooses.</param>
    /// <param name="authorities">Whom this side trusts where it has no certificate of its own; null: whom the system trusts.</param>
    public GrpcChannel(Uri address, TimeSpan keepAlive, TlsWatch? tls = null, IPAddress? source = null, SslClientAuthenticationOptions? authorities = null)
    {
        (_address, _keepAlive, _tls, _source, _authorities) = (address, keepAlive, tls, source, authorities);
        _identity = tls?.Required;
        _http = Create();
    }

    public GrpcCall<TRequest, TResponse> Open<TRequest, TResponse>(GrpcMethod<TRequest, TResponse> method, GrpcCallOptions options)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        new(Connections(), _address, method, options);

    public void Dispose() => _http.Dispose();

    /// <summary>Calls under way keep the connection they have; with another certificate there is another one.</summary>
    private HttpMessageInvoker Connections()
    {
        lock (_lock)
        {
            if (_tls?.Current != _identity)
            {
                _http.Dispose();
                _identity = _tls?.Current;
                _http = Create();
            }

            return _http;
        }
    }

    private HttpMessageInvoker Create()
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            EnableMultipleHttp2Connections = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            KeepAlivePingDelay = _keepAlive,
            KeepAlivePingTimeout = _keepAlive / 2,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        };
        if ((_identity?.ForClient() ?? _authorities) is SslClientAuthenticationOptions options)
        {
            handler.SslOptions = options;
        }

        if (_source is not null)
        {
            handler.ConnectCallback = ConnectFromSourceAsync;
        }

        return new HttpMessageInvoker(handler);
    }

    private async ValueTask<Stream> ConnectFromSourceAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Bind(new IPEndPoint(_source!, 0));
            await socket.ConnectAsync(context.DnsEndPoint, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
