using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Tallyman.Agent.Sources;

/// <summary>
/// As much of an ELF file as it takes to find a part of it: sections by name, segments by address. elf(5). Total over any
/// bytes: what does not fit together is not there.
/// </summary>
internal sealed class ElfFile
{
    private const int LongestHeader = 64;
    private const int MostSections = 4096;
    private const int MostSegments = 512;
    private const int LongestNames = 256 * 1024;

    private readonly SafeFileHandle _file;
    private readonly long _length;
    private readonly bool _is64;
    private readonly bool _isBigEndian;

    private ElfFile(SafeFileHandle file, long length, bool is64, bool isBigEndian)
    {
        _file = file;
        _length = length;
        _is64 = is64;
        _isBigEndian = isBigEndian;
    }

    /// <summary>Bytes that lie together in the file and, when it runs, in memory.</summary>
    internal readonly record struct Part(ulong Address, long Offset, long Length, bool IsWritable);

    public bool IsBigEndian => _isBigEndian;

    public bool Is64 => _is64;

    /// <returns>Null if the file is no ELF file.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ElfFile? Open(SafeFileHandle file)
    {
        Span<byte> identification = stackalloc byte[6];
        return RandomAccess.Read(file, identification, 0) == identification.Length
            && identification is [0x7f, (byte)'E', (byte)'L', (byte)'F', 1 or 2, 1 or 2]
                ? new ElfFile(file, RandomAccess.GetLength(file), identification[4] == 2, identification[5] == 2)
                : null;
    }

    /// <summary>The section of this name; null if there is none, or no table of sections.</summary>
    public Part? Section(ReadOnlySpan<byte> name)
    {
        byte[] header = Read(0, LongestHeader);
        if (header.Length < (_is64 ? 64 : 52))
        {
            return null;
        }

        long table = (long)Word(header, _is64 ? 40 : 32);
        int size = Half(header, _is64 ? 58 : 46);
        int count = Half(header, _is64 ? 60 : 48);
        int namesIndex = Half(header, _is64 ? 62 : 50);
        if (count > MostSections || namesIndex >= count || size < (_is64 ? 64 : 40))
        {
            return null;
        }

        byte[] sections = Read(table, (long)count * size);
        if (sections.Length < count * size)
        {
            return null;
        }

        Part namesPart = SectionAt(sections.AsSpan(namesIndex * size));
        byte[] names = Read(namesPart.Offset, Math.Min(namesPart.Length, LongestNames));
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> section = sections.AsSpan(i * size);
            int start = (int)Math.Min(Int(section), int.MaxValue);
            if (start < names.Length && names.AsSpan(start) is var rest && rest.StartsWith(name) && rest.Length > name.Length && rest[name.Length] == 0)
            {
                return SectionAt(section);
            }
        }

        return null;
    }

    /// <summary>The parts of the file that are loaded into memory.</summary>
    public IReadOnlyList<Part> Segments()
    {
        const uint Load = 1;
        const uint Writable = 2;
        byte[] header = Read(0, LongestHeader);
        if (header.Length < (_is64 ? 64 : 52))
        {
            return [];
        }

        long table = (long)Word(header, _is64 ? 32 : 28);
        int size = Half(header, _is64 ? 54 : 42);
        int count = Half(header, _is64 ? 56 : 44);
        if (count > MostSegments || size < (_is64 ? 56 : 32))
        {
            return [];
        }

        byte[] segments = Read(table, (long)count * size);
        var parts = new List<Part>();
        for (int i = 0; (i + 1) * size <= segments.Length; i++)
        {
            ReadOnlySpan<byte> segment = segments.AsSpan(i * size);
            if (Int(segment) == Load)
            {
                uint flags = Int(segment[(_is64 ? 4 : 24)..]);
                parts.Add(new Part(
                    Word(segment, _is64 ? 16 : 8), (long)Word(segment, _is64 ? 8 : 4), (long)Word(segment, _is64 ? 32 : 16), (flags & Writable) != 0));
            }
        }

        return parts;
    }

    /// <summary>Bytes at an address of the running program, as far as they are in the file.</summary>
    public byte[] ReadAt(ulong address, long length)
    {
        foreach (Part segment in Segments())
        {
            if (address >= segment.Address && address - segment.Address < (ulong)Math.Max(0, segment.Length))
            {
                long into = (long)(address - segment.Address);
                return Read(segment.Offset + into, Math.Min(length, segment.Length - into));
            }
        }

        return [];
    }

    /// <summary>Bytes of the file; fewer, or none, where it ends.</summary>
    public byte[] Read(long offset, long length)
    {
        if (offset < 0 || length <= 0 || offset >= _length)
        {
            return [];
        }

        byte[] bytes = new byte[Math.Min(length, _length - offset)];
        int read = 0;
        while (read < bytes.Length && RandomAccess.Read(_file, bytes.AsSpan(read), offset + read) is int more and > 0)
        {
            read += more;
        }

        return read == bytes.Length ? bytes : bytes[..read];
    }

    /// <summary>An address or an offset: 8 bytes or 4.</summary>
    public ulong Word(ReadOnlySpan<byte> bytes, int at) => _is64
        ? (_isBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes[at..]) : BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]))
        : Int(bytes[at..]);

    private Part SectionAt(ReadOnlySpan<byte> section) =>
        new(Word(section, _is64 ? 16 : 12), (long)Word(section, _is64 ? 24 : 16), (long)Word(section, _is64 ? 32 : 20), false);

    private uint Int(ReadOnlySpan<byte> bytes) =>
        _isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private int Half(ReadOnlySpan<byte> bytes, int at) =>
        _isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]) : BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
}
