using System.Security.Cryptography.X509Certificates;
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
    /// <summary>A peer that takes nothing for so long is given up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Who calls, for logs: address and port.</summary>
    public string Peer { get; } = $"{http.Connection.RemoteIpAddress}:{http.Connection.RemotePort}";

    /// <summary>Whose certificate the caller has, which is valid; null in clear text.</summary>
    public X509Certificate2? Certificate => http.Connection.ClientCertificate;

    /// <summary>Fires when the client is gone, the deadline has passed or the server has stopped.</summary>
    public CancellationToken Cancel => cancel;

    /// <returns>How many bytes the next message has, or null when the client has said that no more follow.</returns>
    public Task<int?> ReadLengthAsync() => GrpcFrame.ReadLengthAsync(http.Request.Body, messageLimit, cancel).AsTask();

    /// <summary>The message whose length has been read.</summary>
    public Task<TRequest> ReadBodyAsync(int length, TimeSpan within) => WithinAsync(
        GrpcFrame.ReadBodyAsync(http.Request.Body, length, method.Requests, cancel).AsTask(), within, $"a message of {length} bytes must arrive");

    /// <returns>The next message, or null when the client has said that no more follow.</returns>
    public Task<TRequest?> ReadAsync(TimeSpan within, int limit) => WithinAsync(
        GrpcFrame.ReadAsync(http.Request.Body, method.Requests, Math.Min(limit, messageLimit), cancel).AsTask(), within, "a message must arrive");

    public ValueTask WriteAsync(TResponse message)
    {
        ValueTask writing = GrpcFrame.WriteAsync(http.Response.Body, message, cancel);
        return writing.IsCompletedSuccessfully ? writing : new ValueTask(AbortUnlessTakenAsync(writing.AsTask()));
    }

    private static async Task<T> WithinAsync<T>(Task<T> reading, TimeSpan within, string what)
    {
        try
        {
            return reading.IsCompleted ? await reading : await reading.WaitAsync(within);
        }
        catch (TimeoutException)
        {
            throw new GrpcException(StatusCode.DeadlineExceeded, $"{what} within {within.TotalSeconds} s");
        }
    }

    private async Task AbortUnlessTakenAsync(Task writing)
    {
        try
        {
            await writing.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            http.Abort(); // nor would it take a status
            throw new GrpcException(StatusCode.DeadlineExceeded, $"the peer must take a message within {Patience.TotalSeconds} s");
        }
    }
}
