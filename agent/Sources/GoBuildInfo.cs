using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Tallyman.Agent.Sources;

/// <summary>
/// What the Go linker writes into every program: the import path of its main package. The format is that of
/// debug/buildinfo (Go 1.13 to 1.26): a header of 32 bytes, found by its magic in the section .go.buildinfo or, where there
/// are no sections, in a writable segment; from 1.18 on the strings follow it, before that it points to them.
/// </summary>
internal static class GoBuildInfo
{
    private const int HeaderSize = 32;
    private const int Alignment = 16;
    private const byte StringsFollow = 2;

    /// <summary>Bytes of a writable segment that are searched for the header.</summary>
    private const int MostSearched = 1024 * 1024;

    /// <summary>Bytes of the list of modules that are read; its second line has what is wanted.</summary>
    private const int MostModuleInfo = 64 * 1024;

    /// <summary>Bytes that stand before and behind the list of modules, to be found in memory.</summary>
    private const int Sentinel = 16;

    private static readonly byte[] Magic = [0xff, .. " Go buildinf:"u8];

    /// <returns>For docker: github.com/docker/cli/cmd/docker. Null if the file is no Go program, or says nothing of it.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static string? MainPackageOf(SafeFileHandle file)
    {
        if (ElfFile.Open(file) is not ElfFile elf || FindHeader(elf) is not long offset)
        {
            return null;
        }

        byte[] header = elf.Read(offset, HeaderSize);
        if (header.Length < HeaderSize)
        {
            return null;
        }

        return PathIn((header[Magic.Length + 1] & StringsFollow) != 0 ? FollowingModuleInfo(elf, offset) : PointedModuleInfo(elf, header));
    }

    private static long? FindHeader(ElfFile elf)
    {
        if (elf.Section(".go.buildinfo"u8) is ElfFile.Part section)
        {
            return elf.Read(section.Offset, Magic.Length).AsSpan().SequenceEqual(Magic) ? section.Offset : null;
        }

        foreach (ElfFile.Part segment in elf.Segments())
        {
            if (!segment.IsWritable)
            {
                continue;
            }

            ReadOnlySpan<byte> bytes = elf.Read(segment.Offset, Math.Min(segment.Length, MostSearched));
            int from = 0;
            while (bytes[from..].IndexOf(Magic) is int found and >= 0)
            {
                if ((segment.Address + (ulong)(from + found)) % Alignment == 0)
                {
                    return segment.Offset + from + found;
                }

                from += found + 1;
            }
        }

        return null;
    }

    /// <summary>The Go version and the list of modules, each with its length in front.</summary>
    private static ReadOnlySpan<byte> FollowingModuleInfo(ElfFile elf, long header)
    {
        ReadOnlySpan<byte> bytes = elf.Read(header + HeaderSize, MostModuleInfo);
        _ = TakeString(ref bytes);
        return TakeString(ref bytes);
    }

    private static ReadOnlySpan<byte> TakeString(scoped ref ReadOnlySpan<byte> bytes)
    {
        ulong length = 0;
        int i = 0;
        for (int shift = 0; i < bytes.Length && shift <= 56; shift += 7)
        {
            byte b = bytes[i++];
            length |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                // A long list is cut, not refused: what is wanted stands at its beginning.
                ReadOnlySpan<byte> text = bytes.Slice(i, (int)Math.Min((ulong)(bytes.Length - i), length));
                bytes = bytes[(i + text.Length)..];
                return text;
            }
        }

        bytes = default;
        return default;
    }

    /// <summary>The header points to a string's header, which points to its bytes and has their number.</summary>
    private static byte[] PointedModuleInfo(ElfFile elf, ReadOnlySpan<byte> header)
    {
        int word = elf.Is64 ? 8 : 4;
        byte[] pointer = elf.ReadAt(elf.Word(header, Magic.Length + 2 + word), 2 * word);
        return pointer.Length < 2 * word
            ? []
            : elf.ReadAt(elf.Word(pointer, 0), (long)Math.Min(elf.Word(pointer, word), MostModuleInfo));
    }

    /// <summary>The line "path", a tab and the import path.</summary>
    private static string? PathIn(ReadOnlySpan<byte> info)
    {
        const int Longest = 256;
        ReadOnlySpan<byte> text = info.Length > Sentinel ? info[Sentinel..] : default;
        if (!text.StartsWith("path\t"u8))
        {
            return null;
        }

        text = text["path\t".Length..];
        int end = text.IndexOf((byte)'\n');
        return end is > 0 and <= Longest ? Encoding.UTF8.GetString(text[..end]) : null;
    }
}
