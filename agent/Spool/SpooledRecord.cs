using System.Buffers.Binary;
using System.Security.Cryptography;
using Google.Protobuf;
using Tallyman.V1;

namespace Tallyman.Agent.Spool;

/// <summary>What goes first when room is short: the lowest.</summary>
internal enum Rank
{
    Low = 1,
    High = 2,
    Critical = 3,

    /// <summary>What the agent says of itself: gaps and the audit trail.</summary>
    Own = 4,

    /// <summary>A gap that stands for records which had to go. It never goes itself.</summary>
    Evicted = 5,
}

/// <summary>A record as it is kept: whole, with the number of its place.</summary>
/// <param name="Place">
/// Never given twice in the life of a spool. A gap that stands for several records has the place of the last of them, and no
/// other record has the places before it.
/// </param>
internal sealed record SpooledRecord(ulong Place, Rank Rank, byte[] Bytes)
{
    public const int DigestLength = 8;

    /// <summary>What keeping a record takes beside its bytes.</summary>
    public const int Overhead = 64;

    /// <summary>It is as it was written.</summary>
    public bool IsSound { get; init; } = true;

    public long Cost => Bytes.Length + Overhead;

    public bool IsAlert => Rank < Rank.Own;

    /// <summary>When that happened which it tells of; of a gap its end, as a gap may begin long before there is a record of it. Null if it is not what was written.</summary>
    public DateTimeOffset? Time => Parse() is Record record ? (record.Alert?.Time ?? record.Trail?.Time ?? record.Gap?.Last)?.ToDateTimeOffset() : null;

    public static SpooledRecord Of(ulong place, Record record) => new(place, RankOf(record), record.ToByteArray());

    public static SpooledRecord OfGap(ulong place, GapRecord gap) => new(place, Rank.Evicted, new Record { Gap = gap }.ToByteArray());

    /// <returns>Null if it is not what was written.</returns>
    public Record? Parse()
    {
        try
        {
            return IsSound ? Record.Parser.ParseFrom(Bytes) : null;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    /// <summary>Tells a record from what a failing disk, or somebody else, has made of it.</summary>
    public byte[] Digest()
    {
        Span<byte> head = stackalloc byte[sizeof(ulong) + 1];
        BinaryPrimitives.WriteUInt64LittleEndian(head, Place);
        head[^1] = (byte)Rank;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(head);
        hash.AppendData(Bytes);
        return hash.GetHashAndReset()[..DigestLength];
    }

    private static Rank RankOf(Record record) => record.Alert?.Scores?.Severity switch
    {
        _ when record.RecordCase != Record.RecordOneofCase.Alert => Rank.Own,
        Severity.Critical => Rank.Critical,
        Severity.High => Rank.High,
        _ => Rank.Low,
    };
}
