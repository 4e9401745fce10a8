using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Tallyman.Agent.Spool;

/// <summary>
/// How far things are; one row of the spool. Places are counted for as long as the spool lives; what travels is the sequence,
/// which begins with 1 in each epoch.
/// </summary>
/// <param name="Epoch">Random, and new whenever a place might have been given to another record.</param>
/// <param name="Origin">The place before the first of this epoch.</param>
/// <param name="Acknowledged">A collector has stored every record up to this place.</param>
/// <param name="Sent">No record behind this place has ever left the host. Written before one does.</param>
/// <param name="Next">The place of the next record.</param>
/// <param name="Alive">When the agent was last known to run.</param>
/// <param name="Clean">It ended when it was told to.</param>
/// <param name="Size">Bytes that the file may have.</param>
internal sealed record SpoolState(ulong Epoch, ulong Origin, ulong Acknowledged, ulong Sent, ulong Next, DateTimeOffset Alive, bool Clean, long Size)
{
    public bool IsSound => Origin <= Acknowledged && Acknowledged <= Sent && Sent < Next && Next <= long.MaxValue;

    public ulong SequenceOf(ulong place) => place - Origin;

    public ulong PlaceOf(ulong sequence) => sequence + Origin;

    public static SpoolState New(DateTimeOffset now) => new(RandomEpoch(), 0, 0, 0, 1, now, Clean: false, Size: 0);

    /// <summary>Everything that waits gets a new name.</summary>
    public SpoolState Renew() => this with { Epoch = RandomEpoch(), Origin = Acknowledged, Sent = Acknowledged };

    public byte[] Digest() => SHA256.HashData(Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $"{Epoch} {Origin} {Acknowledged} {Sent} {Next} {Alive.ToUnixTimeMilliseconds()} {Clean} {Size}")))[..SpooledRecord.DigestLength];

    private static ulong RandomEpoch() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
}
