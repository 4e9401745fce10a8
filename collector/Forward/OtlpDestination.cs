using System.Net.Security;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tallyman.Collector.Otlp;
using Tallyman.Collector.Store;
using Tallyman.Grpc;
using Tallyman.Rendering;

namespace Tallyman.Collector.Forward;

/// <summary>Any OpenTelemetry Collector, over OTLP/gRPC (OTLP 1.5, "OTLP/gRPC Response").</summary>
internal sealed class OtlpDestination(Uri address, SecretFile? token, SslClientAuthenticationOptions? tls, TimeProvider time) : IDestination
{
    private static readonly GrpcMethod<ExportLogsServiceRequest, ExportLogsServiceResponse> Export =
        new("/opentelemetry.proto.collector.logs.v1.LogsService/Export", ExportLogsServiceRequest.Parser, ExportLogsServiceResponse.Parser);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    private readonly GrpcChannel _channel = new(address, TimeSpan.FromSeconds(20), authorities: tls);

    public string Name { get; } = $"OTLP at {address.Authority}";

    public async Task<Answer> SendAsync(IReadOnlyList<StoredAlert> alerts, CancellationToken cancel)
    {
        string? authorization = null;
        if (token is not null)
        {
            if (!token.TryRead(out string secret, out string flaw))
            {
                return new Answer(Verdict.Misconfigured, flaw);
            }

            authorization = $"Bearer {secret}";
        }

        var options = new GrpcCallOptions(time, cancel) { Deadline = Patience, Authorization = authorization };
        using GrpcCall<ExportLogsServiceRequest, ExportLogsServiceResponse> call = _channel.Open(Export, options);
        if (await call.WriteAsync(OtlpLogs.Of(alerts)))
        {
            call.Complete();
        }

        ExportLogsServiceResponse? response = await call.ReadAsync();
        if (response is not null)
        {
            await call.ReadAsync(); // the status stands behind it
        }

        cancel.ThrowIfCancellationRequested();
        return AnswerOf(call.Status ?? new GrpcStatus(StatusCode.Internal, "more than one answer"), response?.PartialSuccess);
    }

    public void Dispose() => _channel.Dispose();

    /// <summary>
    /// OTLP would have most of what is not UNAVAILABLE or its like dropped. Here only what is certainly the fault of the data is
    /// refused for ever.
    /// </summary>
    internal static Answer AnswerOf(GrpcStatus status, ExportLogsPartialSuccess? partial)
    {
        string detail = SafeText.Shorten(SafeText.Escape(status.ToString()), 300);
        return status.Code switch
        {
            StatusCode.OK => new Answer(Verdict.Taken, SafeText.Shorten(SafeText.Escape(partial?.ErrorMessage ?? ""), 300)) { Rejected = partial?.RejectedLogRecords ?? 0 },
            StatusCode.InvalidArgument => new Answer(Verdict.Refused, detail),
            StatusCode.ResourceExhausted when IsTooLarge(status.Message) => new Answer(Verdict.Refused, detail),
            StatusCode.Unauthenticated or StatusCode.PermissionDenied or StatusCode.Unimplemented or StatusCode.NotFound or StatusCode.FailedPrecondition =>
                new Answer(Verdict.Misconfigured, detail),
            _ => new Answer(Verdict.Later, detail) { After = PauseIn(status.Details) },
        };
    }

    /// <summary>As gRPC's own libraries say it (core and Go, Node; .NET), who have no status of its own for it.</summary>
    private static bool IsTooLarge(string message) =>
        message.Contains("larger than max", StringComparison.OrdinalIgnoreCase) || message.Contains("exceeds the maximum", StringComparison.OrdinalIgnoreCase);

    private static TimeSpan PauseIn(ReadOnlyMemory<byte> details)
    {
        try
        {
            Any? any = RpcStatus.Parser.ParseFrom(details.Span).Details.FirstOrDefault(static any => any.TypeUrl.EndsWith("/google.rpc.RetryInfo", StringComparison.Ordinal));
            Duration? delay = any is null ? null : RetryInfo.Parser.ParseFrom(any.Value).RetryDelay;
            return TimeSpan.FromSeconds(Math.Clamp(delay?.Seconds ?? 0, 0, (long)LongestPause.TotalSeconds)) + TimeSpan.FromMicroseconds(Math.Clamp(delay?.Nanos ?? 0, 0, 999_999_999) / 1000);
        }
        catch (InvalidProtocolBufferException)
        {
            return TimeSpan.Zero;
        }
    }
}
