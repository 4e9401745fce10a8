using Tallyman.V1;

namespace Tallyman.Collector.Store;

/// <summary>Records of one agent in the order of their sequence, which is dense from <paramref name="FirstSequence"/> on.</summary>
internal sealed record AgentBatch(string AgentId, ulong Epoch, ulong FirstSequence, IReadOnlyList<Record> Records)
{
    public ulong NextSequence => FirstSequence + (ulong)Records.Count;
}
