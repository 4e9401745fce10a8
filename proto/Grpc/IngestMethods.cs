using Tallyman.V1;

namespace Tallyman.Grpc;

/// <summary>The methods of <c>tallyman.v1.Ingest</c>.</summary>
public static class IngestMethods
{
    public static GrpcMethod<AgentFrame, CollectorFrame> Stream { get; } =
        new("/tallyman.v1.Ingest/Stream", AgentFrame.Parser, CollectorFrame.Parser);
}
