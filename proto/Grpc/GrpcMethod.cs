using Google.Protobuf;

namespace Tallyman.Grpc;

/// <summary>A method whose both sides stream, named as on the wire: <c>/package.Service/Method</c>.</summary>
public sealed record GrpcMethod<TRequest, TResponse>(
    string Path, MessageParser<TRequest> Requests, MessageParser<TResponse> Responses)
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>;
