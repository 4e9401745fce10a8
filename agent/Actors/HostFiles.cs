using System.Text;
using Microsoft.Win32.SafeHandles;
using Tallyman.Agent.Model;
using Tallyman.Agent.Native;
using Tallyman.Agent.Sources;

namespace Tallyman.Agent.Actors;

/// <summary>
/// The host's own files, also where the agent is in a container: those that process 1 sees. Where it may not be looked into,
/// those that the agent sees, if both have the same file system as their root.
/// </summary>
internal sealed class HostFiles
{
    private const uint Init = 1;
    private const int LongestMounts = 1024 * 1024;

    private readonly ProcFs _proc;
    private readonly Lazy<uint?> _holder;

    public HostFiles(ProcFs proc)
    {
        _proc = proc;
        _holder = new Lazy<uint?>(FindHolder);
    }

    /// <returns>Null if it is not there, not ours to read, or no regular file.</returns>
    public SafeFileHandle? Open(string path) => _holder.Value is uint holder ? _proc.OpenInRootOf(holder, HostText.Of(path)) : null;

    public SafeFileHandle? OpenDirectory(string path) => _holder.Value is uint holder ? _proc.OpenDirectoryInRootOf(holder, HostText.Of(path)) : null;

    /// <summary>The first bytes of a file; null if it cannot be read.</summary>
    public byte[]? Read(string path, int most)
    {
        using SafeFileHandle? file = Open(path);
        return file is null ? null : Read(file, most);
    }

    /// <summary>The first bytes of an open file; null if its disk fails.</summary>
    public static byte[]? Read(SafeFileHandle file, int most)
    {
        try
        {
            byte[] bytes = new byte[(int)Math.Min(most, RandomAccess.GetLength(file))];
            int length = 0;
            for (int read = 1; read > 0 && length < bytes.Length; length += read)
            {
                read = RandomAccess.Read(file, bytes.AsSpan(length), length);
            }

            return bytes[..length];
        }
        catch (IOException)
        {
            return null;
        }
    }

    private uint? FindHolder()
    {
        using SafeFileHandle? root = _proc.OpenRoot(Init);
        uint own = _proc.Own;
        return root is not null ? Init : RootMountOf(Init) is string mount && mount == RootMountOf(own) ? own : null;
    }

    /// <summary>Device and directory of what a process has mounted at its root.</summary>
    private string? RootMountOf(uint pid)
    {
        // 27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
        string[][] mounts = [.. Encoding.Latin1.GetString(_proc.Read(pid, "mountinfo", LongestMounts) ?? []).Split('\n').Select(static line => line.Split(' '))];
        return mounts.LastOrDefault(static fields => fields is [_, _, _, _, "/", ..]) is [_, _, string device, string directory, ..] ? $"{device} {directory}" : null;
    }
}
