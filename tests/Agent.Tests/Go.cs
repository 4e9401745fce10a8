using System.Buffers.Binary;
using System.Text;

namespace Tallyman.Agent.Tests;

/// <summary>Makes programs that say of themselves what Go programs do, and that run.</summary>
internal static class Go
{
    private const int HeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const int SectionHeaderSize = 64;
    private const ulong Base = 0x400000;

    /// <summary>exit(0); for x86-64 and arm64.</summary>
    private static byte[] ExitCode => System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64
        ? [0xa8, 0x0b, 0x80, 0xd2, 0x00, 0x00, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4]
        : [0xb8, 0x3c, 0x00, 0x00, 0x00, 0x31, 0xff, 0x0f, 0x05];

    /// <summary>pause() for ever.</summary>
    private static byte[] SleepCode => System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64
        ? [0x00, 0x00, 0x80, 0xd2, 0x01, 0x00, 0x80, 0xd2, 0x02, 0x00, 0x80, 0xd2, 0x03, 0x00, 0x80, 0xd2, 0x28, 0x09, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4, 0xfa, 0xff, 0xff, 0x17]
        : [0xb8, 0x22, 0x00, 0x00, 0x00, 0x0f, 0x05, 0xeb, 0xf7];

    /// <param name="package">Import path of its main package.</param>
    /// <param name="sleeps">Whether it waits to be killed instead of ending at once.</param>
    /// <returns>The path.</returns>
    public static string WriteProgram(string path, string package, bool sleeps = false)
    {
        File.Delete(path);
        File.WriteAllBytes(path, Program(package, sleeps: sleeps));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        return path;
    }

    /// <summary>A small ELF file with Go's build information in it.</summary>
    /// <param name="hasSections">Without sections the information has to be searched for in the writable segment.</param>
    /// <param name="isOld">As Go before 1.18 wrote it: pointers instead of the strings themselves.</param>
    public static byte[] Program(string package, bool hasSections = true, bool isOld = false, bool sleeps = false)
    {
        byte[] sentinel = [.. Enumerable.Repeat((byte)0xf7, 16)];
        byte[] info = [.. sentinel, .. Encoding.UTF8.GetBytes($"path\t{package}\nmod\texample.com/m\tv1.2.3\t\nbuild\t-compiler=gc\n"), .. sentinel];
        byte[] version = "go1.24.4"u8.ToArray();
        byte[] code = sleeps ? SleepCode : ExitCode;

        int codeAt = HeaderSize + (2 * ProgramHeaderSize);
        int infoAt = (codeAt + code.Length + 15) / 16 * 16;
        var data = new MemoryStream();
        data.Write([0xff, .. " Go buildinf:"u8, 8, (byte)(isOld ? 0 : 2)]);
        if (isOld)
        {
            ulong strings = Base + (ulong)infoAt + 32;
            WriteWords(data, strings, strings + 16);
            WriteWords(data, strings + 32, (ulong)version.Length, strings + 32 + (ulong)version.Length, (ulong)info.Length);
            data.Write(version);
            data.Write(info);
        }
        else
        {
            data.Write(new byte[16]);
            WriteString(data, version);
            WriteString(data, info);
        }

        byte[] names = "\0.go.buildinfo\0.shstrtab\0"u8.ToArray();
        int namesAt = infoAt + (int)data.Length;
        int sectionsAt = (namesAt + names.Length + 7) / 8 * 8;
        byte[] file = new byte[sectionsAt + (3 * SectionHeaderSize)];
        WriteHeader(file, codeAt, hasSections ? sectionsAt : 0);
        WriteProgramHeader(file.AsSpan(HeaderSize), flags: 5, file.Length);
        WriteProgramHeader(file.AsSpan(HeaderSize + ProgramHeaderSize), flags: 6, file.Length, moved: 0x200000);
        code.CopyTo(file, codeAt);
        data.ToArray().CopyTo(file, infoAt);
        names.CopyTo(file, namesAt);
        WriteSection(file.AsSpan(sectionsAt + SectionHeaderSize), 1, infoAt, (int)data.Length);
        WriteSection(file.AsSpan(sectionsAt + (2 * SectionHeaderSize)), 15, namesAt, names.Length);
        return file;
    }

    private static void WriteHeader(Span<byte> file, int entry, int sections)
    {
        bool isArm = System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64;
        new byte[] { 0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1 }.CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file[16..], 2); // ET_EXEC
        BinaryPrimitives.WriteUInt16LittleEndian(file[18..], (ushort)(isArm ? 183 : 62));
        BinaryPrimitives.WriteUInt32LittleEndian(file[20..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(file[24..], Base + (ulong)entry);
        BinaryPrimitives.WriteUInt64LittleEndian(file[32..], HeaderSize);
        BinaryPrimitives.WriteUInt64LittleEndian(file[40..], (ulong)sections);
        BinaryPrimitives.WriteUInt16LittleEndian(file[52..], HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(file[54..], ProgramHeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(file[56..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(file[58..], SectionHeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(file[60..], (ushort)(sections == 0 ? 0 : 3));
        BinaryPrimitives.WriteUInt16LittleEndian(file[62..], (ushort)(sections == 0 ? 0 : 2));
    }

    private static void WriteProgramHeader(Span<byte> header, uint flags, int length, ulong moved = 0)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, 1); // PT_LOAD
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], flags);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], Base + moved);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], Base + moved);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], (ulong)length);
        BinaryPrimitives.WriteUInt64LittleEndian(header[40..], (ulong)length);
        BinaryPrimitives.WriteUInt64LittleEndian(header[48..], 0x1000);
    }

    private static void WriteSection(Span<byte> section, uint name, int offset, int length)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(section, name);
        BinaryPrimitives.WriteUInt32LittleEndian(section[4..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(section[16..], Base + (ulong)offset);
        BinaryPrimitives.WriteUInt64LittleEndian(section[24..], (ulong)offset);
        BinaryPrimitives.WriteUInt64LittleEndian(section[32..], (ulong)length);
    }

    private static void WriteWords(Stream stream, params ulong[] words)
    {
        foreach (ulong word in words)
        {
            byte[] bytes = new byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, word);
            stream.Write(bytes);
        }
    }

    private static void WriteString(Stream stream, byte[] text)
    {
        for (uint length = (uint)text.Length; ; length >>= 7)
        {
            stream.WriteByte((byte)(length >= 0x80 ? length | 0x80 : length));
            if (length < 0x80)
            {
                break;
            }
        }

        stream.Write(text);
    }
}
