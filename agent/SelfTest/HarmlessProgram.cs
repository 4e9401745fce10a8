using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Tallyman.Agent.SelfTest;

/// <summary>
/// A program that waits for the end of its standard input and does nothing else, but says of itself what docker's own does: the
/// import path of its main package, where the Go linker writes it (debug/buildinfo). elf(5) has the rest.
/// </summary>
internal static class HarmlessProgram
{
    private const string Package = "github.com/docker/cli/cmd/docker";
    private const int HeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const ulong Base = 0x400000;
    private const ulong BaseOfData = 0x600000;
    private const uint ReadExecute = 5;
    private const uint ReadWrite = 6; // where build information is looked for

    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>read(0, stack, 1); exit(0).</summary>
    private static readonly byte[] Code = IsArm
        ? [
            0x00, 0x00, 0x80, 0xd2, 0xe1, 0x03, 0x00, 0x91, 0x22, 0x00, 0x80, 0xd2, 0xe8, 0x07, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4,
            0x00, 0x00, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4,
        ]
        : [
            0x31, 0xc0, 0x31, 0xff, 0x48, 0x89, 0xe6, 0xba, 0x01, 0x00, 0x00, 0x00, 0x0f, 0x05,
            0xb8, 0x3c, 0x00, 0x00, 0x00, 0x31, 0xff, 0x0f, 0x05,
        ];

    public static byte[] Bytes { get; } = Make();

    private static byte[] Make()
    {
        const int CodeAt = HeaderSize + (2 * ProgramHeaderSize);
        int infoAt = (CodeAt + Code.Length + 15) / 16 * 16;
        byte[] info = BuildInfo();
        byte[] file = new byte[infoAt + info.Length];
        Code.CopyTo(file, CodeAt);
        info.CopyTo(file, infoAt);
        WriteHeader(file, entry: Base + CodeAt);
        WriteSegment(file.AsSpan(HeaderSize), ReadExecute, Base, file.Length);
        WriteSegment(file.AsSpan(HeaderSize + ProgramHeaderSize), ReadWrite, BaseOfData, file.Length);
        return file;
    }

    /// <summary>As Go has written it since 1.18: a header, the version, the modules between two sentinels, each text with its length before it.</summary>
    private static byte[] BuildInfo()
    {
        byte[] sentinel = new byte[16];
        byte[] version = "go1.24"u8.ToArray();
        byte[] modules = [.. sentinel, .. Encoding.ASCII.GetBytes($"path\t{Package}\n"), .. sentinel];
        return [0xff, .. " Go buildinf:"u8, 8, 2, .. new byte[16], (byte)version.Length, .. version, (byte)modules.Length, .. modules];
    }

    private static void WriteHeader(Span<byte> file, ulong entry)
    {
        new byte[] { 0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1 }.CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file[16..], 2); // ET_EXEC
        BinaryPrimitives.WriteUInt16LittleEndian(file[18..], (ushort)(IsArm ? 183 : 62));
        BinaryPrimitives.WriteUInt32LittleEndian(file[20..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(file[24..], entry);
        BinaryPrimitives.WriteUInt64LittleEndian(file[32..], HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(file[52..], HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(file[54..], ProgramHeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(file[56..], 2);
    }

    /// <summary>The whole file, once more.</summary>
    private static void WriteSegment(Span<byte> header, uint flags, ulong address, int length)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, 1); // PT_LOAD
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], flags);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], (ulong)length);
        BinaryPrimitives.WriteUInt64LittleEndian(header[40..], (ulong)length);
        BinaryPrimitives.WriteUInt64LittleEndian(header[48..], 0x1000);
    }
}
