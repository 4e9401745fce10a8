using Google.Protobuf;
using Tallyman.Grpc;

namespace Tallyman.Collector.Grpc;

/// <summary>The server's end of one call. One reader and one writer may use it at the same time.</summary>
/// <remarks>Stands in for Grpc.AspNetCore, which cannot be restored from the package source in use.</remarks>
internal sealed class GrpcServerCall<TRequest, TResponse>(
    HttpContext http, GrpcMethod<TRequest, TResponse> method, int messageLimit, CancellationToken cancel)
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    /// <summary>Who calls, for logs: address and port.</summary>
    public string Peer { get; } = $"{http.Connection.RemoteIpAddress}:{http.Connection.RemotePort}";

    /// <summary>Fires when the client is gone, the deadline has passed or the server stops.</summary>
    public CancellationToken Cancel => cancel;

    /// <returns>The next message, or null when the client has said that no more follow.</returns>
    public ValueTask<TRequest?> ReadAsync() => GrpcFrame.ReadAsync(http.Request.Body, method.Requests, messageLimit, cancel);

    public ValueTask WriteAsync(TResponse message) => GrpcFrame.WriteAsync(http.Response.Body, message, cancel);
}
