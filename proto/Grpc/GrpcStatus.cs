namespace Tallyman.Grpc;

/// <summary>The codes of https://grpc.github.io/grpc/core/md_doc_statuscodes.html, as they travel in <c>grpc-status</c>.</summary>
public enum StatusCode
{
    OK = 0,
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}

/// <summary>How a call ended. Every failure, of the peer or of the network, becomes one of these.</summary>
public readonly record struct GrpcStatus(StatusCode Code, string Message = "")
{
    public static GrpcStatus OK { get; } = new(StatusCode.OK);

    /// <summary>What more the peer has to say: a google.rpc.Status, from <c>grpc-status-details-bin</c>.</summary>
    public ReadOnlyMemory<byte> Details { get; init; }

    public bool IsOK => Code == StatusCode.OK;

    public override string ToString() => Message.Length == 0 ? Code.ToString() : $"{Code}: {Message}";
}

/// <summary>Thrown by the handler of a call to end it with a status other than OK.</summary>
public sealed class GrpcException : Exception
{
    public GrpcException(StatusCode code, string message)
        : this(new GrpcStatus(code, message))
    {
    }

    public GrpcException(GrpcStatus status)
        : base(status.Message) => Status = status;

    public GrpcStatus Status { get; }
}
