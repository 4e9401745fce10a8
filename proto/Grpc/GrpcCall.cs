using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace Tallyman.Grpc;

/// <summary>
/// The client's end of one call. One reader and one writer may use it at the same time. Nothing here throws because of
/// the peer or the network: <see cref="ReadAsync"/> gives null and <see cref="WriteAsync"/> false once the call is over,
/// and <see cref="Status"/> then says how it ended.
/// </summary>
/// <remarks>
/// Stands in for the AsyncDuplexStreamingCall of Grpc.Net.Client, which cannot be restored from the package source in use.
/// </remarks>
public sealed class GrpcCall<TRequest, TResponse> : IDisposable
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    private readonly GrpcMethod<TRequest, TResponse> _method;
    private readonly RequestContent _requests = new();
    private readonly HttpRequestMessage _request;
    private readonly CancellationTokenSource _end;
    private readonly CancellationTokenSource _deadline;
    private readonly Task<HttpResponseMessage> _sending;
    private readonly int _messageLimit;
    private Stream? _responses;

    internal GrpcCall(HttpMessageInvoker http, Uri address, GrpcMethod<TRequest, TResponse> method, GrpcCallOptions options)
    {
        _method = method;
        _messageLimit = options.MessageLimit;
        _deadline = new CancellationTokenSource(options.Deadline ?? Timeout.InfiniteTimeSpan, options.Time);
        _end = CancellationTokenSource.CreateLinkedTokenSource(options.Cancel, _deadline.Token);
        _request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, method.Path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = _requests,
        };
        _request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        _request.Headers.TryAddWithoutValidation("grpc-accept-encoding", "identity");
        _request.Headers.TryAddWithoutValidation("user-agent", options.UserAgent);
        if (options.Authorization is string authorization)
        {
            _request.Headers.TryAddWithoutValidation("authorization", authorization);
        }

        if (options.Deadline is TimeSpan deadline)
        {
            _request.Headers.TryAddWithoutValidation("grpc-timeout", GrpcTimeout.Format(deadline));
        }

        _sending = http.SendAsync(_request, _end.Token);
    }

    /// <summary>How the call ended; null while it is under way.</summary>
    public GrpcStatus? Status { get; private set; }

    /// <returns>False if the call is over; read on until null to learn why.</returns>
    public async ValueTask<bool> WriteAsync(TRequest message)
    {
        if (Status is not null)
        {
            return false;
        }

        try
        {
            // The answer may begin before the request's stream is handed out; only its failure means that there will be none.
            if (await Task.WhenAny(_requests.Stream, _sending) == _sending)
            {
                await _sending;
            }

            await GrpcFrame.WriteAsync(await _requests.Stream, message, _end.Token);
            return true;
        }
        catch (Exception e) when (IsOfTheNetwork(e))
        {
            return false;
        }
    }

    /// <summary>Tells the peer that no more messages follow. It may still answer.</summary>
    public void Complete() => _requests.Complete();

    /// <returns>The next message, or null when the call is over.</returns>
    public async ValueTask<TResponse?> ReadAsync()
    {
        if (Status is not null)
        {
            return null;
        }

        try
        {
            HttpResponseMessage response = await _sending;
            if (_responses is null)
            {
                if (GrpcResponse.Refusal(response) is GrpcStatus refusal)
                {
                    throw new GrpcException(refusal);
                }

                _responses = await response.Content.ReadAsStreamAsync(_end.Token);
            }

            TResponse? message = await GrpcFrame.ReadAsync(_responses, _method.Responses, _messageLimit, _end.Token);
            if (message is not null)
            {
                return message;
            }

            Status = GrpcResponse.StatusIn(response.TrailingHeaders) ?? new GrpcStatus(StatusCode.Internal, "the answer has no grpc-status");
        }
        catch (GrpcException e)
        {
            Status = e.Status;
        }
        catch (Exception e) when (IsOfTheNetwork(e))
        {
            Status = _deadline.IsCancellationRequested
                ? new GrpcStatus(StatusCode.DeadlineExceeded, "the deadline of the call has passed")
                : _end.IsCancellationRequested
                    ? new GrpcStatus(StatusCode.Cancelled, "the call was given up on this side")
                    : GrpcResponse.StatusOf(e, isRefusalLikely: _responses is null && _request.RequestUri!.Scheme == Uri.UriSchemeHttps);
        }

        Abandon();
        return null;
    }

    public void Dispose()
    {
        Abandon();
        _request.Dispose();
        _deadline.Dispose();
        _end.Dispose();
    }

    /// <summary>Tells the peer, if it is still there, that nobody listens any more.</summary>
    private void Abandon()
    {
        _end.Cancel();
        _requests.Abort();
        _sending.ContinueWith(
            static sending =>
            {
                if (sending.Status == TaskStatus.RanToCompletion)
                {
                    sending.GetAwaiter().GetResult().Dispose();
                }
                else
                {
                    _ = sending.Exception; // seen
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private static bool IsOfTheNetwork(Exception e) =>
        e is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException;

    /// <summary>A request body that stays open and hands out the stream it is written to.</summary>
    private sealed class RequestContent : HttpContent
    {
        private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public RequestContent() => Headers.ContentType = new MediaTypeHeaderValue("application/grpc");

        public Task<Stream> Stream => _stream.Task;

        public void Complete() => _complete.TrySetResult();

        /// <summary>Has the stream reset where it was not completed.</summary>
        public void Abort()
        {
            _complete.TrySetCanceled();
            _stream.TrySetCanceled();
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            try
            {
                await stream.FlushAsync(cancellationToken); // else the headers wait for the first message
                _stream.TrySetResult(stream);
            }
            finally
            {
                _stream.TrySetCanceled(CancellationToken.None); // where it has not been handed out
            }

            await _complete.Task.WaitAsync(cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
