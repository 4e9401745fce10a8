using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tallyman.Agent.Native;

/// <summary>One name in a directory, in whatever encoding.</summary>
internal readonly record struct DirectoryEntry(ReadOnlyMemory<byte> Name, bool IsDirectory);

/// <summary>The names in an open directory: not looked up by its path again, and as bytes, which .NET's own enumeration does not give.</summary>
internal static class DirectoryEntries
{
    // struct linux_dirent64: d_ino, d_off, d_reclen, d_type, d_name
    private const int LengthOffset = 16;
    private const int TypeOffset = 18;
    private const int NameOffset = 19;

    /// <returns>In the order of the file system, without "." and "..".</returns>
    public static IEnumerable<DirectoryEntry> Of(SafeFileHandle directory)
    {
        byte[] buffer = new byte[32 * 1024];
        for (int length = Read(directory, buffer); length > 0; length = Read(directory, buffer))
        {
            for (int start = 0; start < length;)
            {
                ReadOnlyMemory<byte> record = buffer.AsMemory(start, MemoryMarshal.Read<ushort>(buffer.AsSpan(start + LengthOffset)));
                byte[] name = record.Span[NameOffset..(NameOffset + record.Span[NameOffset..].IndexOf((byte)0))].ToArray();
                if (name is not ([(byte)'.'] or [(byte)'.', (byte)'.']))
                {
                    yield return new DirectoryEntry(name, record.Span[TypeOffset] == LibC.DT_DIR);
                }

                start += record.Length;
            }
        }
    }

    private static unsafe int Read(SafeFileHandle directory, byte[] buffer)
    {
        bool added = false;
        try
        {
            directory.DangerousAddRef(ref added);
            fixed (byte* bytes = buffer)
            {
                return (int)LibC.syscall(LibC.SYS_getdents64, directory.DangerousGetHandle(), (nint)bytes, buffer.Length, 0);
            }
        }
        finally
        {
            if (added)
            {
                directory.DangerousRelease();
            }
        }
    }
}
