using Microsoft.Win32.SafeHandles;

namespace Tallyman.Agent.Sources;

/// <summary>Programs from which somebody has taken what tells which they are.</summary>
internal static class HiddenProgram
{
    /// <summary>UPX leaves its magic behind the headers (l_info in its source).</summary>
    private const int PackersHeader = 1024;

    /// <summary>Whether a file without build information is a packed program, or one of Go's, which all have it.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool Is(SafeFileHandle file) =>
        ElfFile.Open(file) is ElfFile elf
        && (elf.Read(0, PackersHeader).AsSpan().IndexOf("UPX!"u8) >= 0
            || elf.Section(".gopclntab"u8) is not null
            || elf.Section(".data.rel.ro.gopclntab"u8) is not null
            || elf.Section(".note.go.buildid"u8) is not null);
}
