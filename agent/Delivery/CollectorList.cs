using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Tallyman.Agent.Delivery;

/// <summary>
/// Which collector is tried: they are taken in the order in which they are given, and a fleet is spread over them, as each
/// agent begins with another. After two failures in a row the next one has its turn.
/// </summary>
internal sealed class CollectorList(IReadOnlyList<Uri> addresses, string agentId)
{
    private const int MostFailures = 2;

    private readonly int _preferred = (int)(BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(agentId))) % (ulong)addresses.Count);
    private int _offset;
    private int _failures;

    public Uri Current => addresses[(_preferred + _offset) % addresses.Count];

    public void Failed()
    {
        if (++_failures >= MostFailures)
        {
            _failures = 0;
            _offset = (_offset + 1) % addresses.Count;
        }
    }

    /// <summary>It has greeted.</summary>
    public void Succeeded() => _failures = 0;

    /// <summary>It wants to be left: the agent begins anew with the one it would be spread to.</summary>
    public void SentAway() => (_offset, _failures) = (0, 0);
}
