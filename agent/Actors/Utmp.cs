using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using Tallyman.Agent.Model;
using Tallyman.Rendering;

namespace Tallyman.Agent.Actors;

/// <summary>
/// Records of logins in /run/utmp: struct utmp of glibc's bits/utmp.h, whose first fields lie alike on all architectures.
/// Terminal emulators may write some of it for their users, but not the address: that of a host's name is left aside.
/// </summary>
internal static class Utmp
{
    public const short UserProcess = 7; // USER_PROCESS
    public const int PidOffset = 4;
    public const int LineOffset = 8;
    public const int UserOffset = 44;
    public const int NameLength = 32;

    // Where time_t had 32 bits once, the session and the time in front of the address still have.
    private static readonly bool IsCompatible = RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>Bytes of a record.</summary>
    public static int RecordLength { get; } = IsCompatible ? 384 : 400;

    public static int AddressOffset { get; } = IsCompatible ? 348 : 360;

    /// <param name="tty">By its kernel name, pts0.</param>
    /// <param name="ancestors">The process that the record names has to be one of them, or it is of an earlier session.</param>
    /// <returns>Null if no record is of this session.</returns>
    public static Login? Find(ReadOnlySpan<byte> records, HostText tty, IEnumerable<uint> ancestors)
    {
        ReadOnlySpan<byte> line = tty.Bytes.StartsWith("pts"u8) ? (byte[])[.. "pts/"u8, .. tty.Bytes[3..]] : tty.Bytes;
        for (; records.Length >= RecordLength && !line.IsEmpty; records = records[RecordLength..])
        {
            if (BinaryPrimitives.ReadInt16LittleEndian(records) == UserProcess
                && Text(records[LineOffset..]).SequenceEqual(line)
                && ancestors.Contains(BinaryPrimitives.ReadUInt32LittleEndian(records[PidOffset..])))
            {
                return new Login("", SafeText.Decode(Text(records[UserOffset..])), AddressIn(records.Slice(AddressOffset, 16)), "utmp");
            }
        }

        return null;
    }

    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> field)
    {
        int end = field[..NameLength].IndexOf((byte)0);
        return field[..(end < 0 ? NameLength : end)];
    }

    /// <summary>One of IPv4 has only its first four bytes.</summary>
    private static string AddressIn(ReadOnlySpan<byte> bytes) =>
        !bytes.ContainsAnyExcept((byte)0) ? ""
        : new IPAddress(bytes[4..].ContainsAnyExcept((byte)0) ? bytes : bytes[..4]).ToString();
}
