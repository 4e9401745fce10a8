using Tallyman.Grpc;
using Tallyman.V1;

namespace Tallyman.Collector.Ingest;

/// <summary>What a greeting must have.</summary>
internal static class HelloCheck
{
    private const int LongestId = 128;

    /// <exception cref="GrpcException">It is none.</exception>
    public static Hello Read(AgentFrame? frame)
    {
        if (frame?.Hello is not Hello hello)
        {
            throw Invalid($"the first frame must be a Hello, {(frame is null ? "there is none" : $"is {frame.FrameCase}")}");
        }

        if (hello.AgentId.Length is 0 or > LongestId)
        {
            throw Invalid($"agent_id must have 1 to {LongestId} characters, has {hello.AgentId.Length}");
        }

        if (!hello.AgentId.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            throw Invalid("agent_id must have letters, digits, and - _ . only");
        }

        if (hello.FirstSeq < 1 || hello.NextSeq < hello.FirstSeq || hello.NextSeq > long.MaxValue)
        {
            throw Invalid($"first_seq must be 1 or more and next_seq no less, are {hello.FirstSeq} and {hello.NextSeq}");
        }

        return hello;
    }

    private static GrpcException Invalid(string message) => new(StatusCode.InvalidArgument, message);
}
