using Google.Protobuf.WellKnownTypes;

namespace Tallyman.Agent.Spool;

/// <summary>Records of what the agent itself did.</summary>
internal static class Trail
{
    public static V1.Record Of(string what, string detail, DateTimeOffset now) =>
        new() { Trail = new V1.AuditTrail { Time = Timestamp.FromDateTimeOffset(now), What = what, Detail = detail } };
}
