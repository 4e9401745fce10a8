using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Tallyman.Grpc;

/// <summary>What an answer, or the lack of one, means as a status.</summary>
internal static class GrpcResponse
{
    /// <summary>The status of an answer that brings no messages; null if it may bring some.</summary>
    public static GrpcStatus? Refusal(HttpResponseMessage response)
    {
        // "Trailers-Only": an error at once has the status among the headers.
        if (StatusIn(response.Headers) is GrpcStatus status)
        {
            return status;
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            return new GrpcStatus(CodeOf(response.StatusCode), $"HTTP {(int)response.StatusCode}, no gRPC answer");
        }

        string type = response.Content.Headers.ContentType?.MediaType ?? "none";
        return type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase)
            ? null
            : new GrpcStatus(StatusCode.Unknown, $"the answer is of type {type}, not application/grpc");
    }

    public static GrpcStatus? StatusIn(HttpHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues("grpc-status", out HeaderStringValues values))
        {
            return null;
        }

        int code = int.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number <= (int)StatusCode.Unauthenticated ? number : (int)StatusCode.Unknown;
        string message = headers.NonValidated.TryGetValues("grpc-message", out values) ? PercentEncoding.Decode(values.ToString()) : "";
        return new GrpcStatus((StatusCode)code, message)
        {
            Details = headers.NonValidated.TryGetValues("grpc-status-details-bin", out values) ? BinaryIn(values.ToString()) : default,
        };
    }

    /// <summary>Base64, whose end may be left off (gRPC over HTTP/2, "Binary-Header"); nothing if it is none.</summary>
    private static ReadOnlyMemory<byte> BinaryIn(string text)
    {
        byte[] bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='), bytes, out int length) ? bytes.AsMemory(0, length) : default;
    }

    /// <summary>
    /// The status for an exception of the HTTP client in a call that nobody gave up: a connection that takes too long is an
    /// OperationCanceledException too.
    /// </summary>
    /// <param name="isRefusalLikely">The peer asks for certificates, and nothing has come from it yet: with TLS 1.3 it refuses one by hanging up.</param>
    public static GrpcStatus StatusOf(Exception e, bool isRefusalLikely)
    {
        for (Exception? cause = e; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpProtocolException protocol)
            {
                return new GrpcStatus(CodeOf(protocol.ErrorCode), $"HTTP/2 error {protocol.ErrorCode}");
            }
        }

        return new GrpcStatus(StatusCode.Unavailable, e.GetBaseException() switch
        {
            OperationCanceledException or ObjectDisposedException or HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } =>
                "the connection was closed without an answer" + (isRefusalLikely ? ": this side's certificate may not be accepted, the log of the other side says why" : ""),
            var cause => cause.Message,
        });
    }

    /// <summary>gRPC over HTTP/2, "HTTP2 Transport Mapping, Errors".</summary>
    private static StatusCode CodeOf(long http2Error) => http2Error switch
    {
        0x7 => StatusCode.Unavailable, // REFUSED_STREAM
        0x8 => StatusCode.Cancelled, // CANCEL
        0xb => StatusCode.ResourceExhausted, // ENHANCE_YOUR_CALM
        0xc => StatusCode.PermissionDenied, // INADEQUATE_SECURITY
        _ => StatusCode.Internal,
    };

    /// <summary>gRPC, "HTTP to gRPC Status Code Mapping".</summary>
    private static StatusCode CodeOf(HttpStatusCode http) => http switch
    {
        HttpStatusCode.BadRequest => StatusCode.Internal,
        HttpStatusCode.Unauthorized => StatusCode.Unauthenticated,
        HttpStatusCode.Forbidden => StatusCode.PermissionDenied,
        HttpStatusCode.NotFound => StatusCode.Unimplemented,
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout
            => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };
}
