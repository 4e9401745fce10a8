using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Tallyman.Agent.Native;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>A file of a log, read from front to back while others write to it, rename it, or cut it off.</summary>
internal sealed class LogFile : IDisposable
{
    /// <summary>Bytes by which a file is known again; every record has a time and a serial in them.</summary>
    private const int LongestHead = 512;

    private readonly SafeFileHandle _file;
    private byte[] _head = [];

    private LogFile(SafeFileHandle file, ulong inode)
    {
        _file = file;
        Inode = inode;
    }

    public ulong Inode { get; }

    /// <summary>Bytes that have been read, or passed over.</summary>
    public long Offset { get; private set; }

    public long Length => RandomAccess.GetLength(_file);

    /// <summary>How many of the first bytes are known.</summary>
    public int HeadLength => _head.Length;

    public string HeadDigest => Digest(_head);

    /// <summary>Whether it is not the same file any more: cut off, and perhaps written anew.</summary>
    public bool IsRewritten => Length < Offset || !ReadHead(_head.Length).AsSpan().SequenceEqual(_head);

    /// <param name="failure">Why there is none to be read.</param>
    public static LogFile? TryOpen(string path, out LogFailure? failure)
    {
        SafeFileHandle? file = null;
        try
        {
            using (SafeFileHandle? found = RootedFile.OpenRoot(path)) // to open a FIFO may take for ever
            {
                if (found is not null && FileDetails.Of(found) is { IsRegular: false })
                {
                    failure = new LogFailure($"{path} is no regular file", IsPermission: false);
                    return null;
                }
            }

            file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (FileDetails.Of(file) is { IsRegular: true } details)
            {
                failure = null;
                return new LogFile(file, details.Inode);
            }

            failure = new LogFailure($"{path} is no regular file", IsPermission: false);
        }
        catch (IOException e)
        {
            failure = new LogFailure(e.Message, IsPermission: false);
        }
        catch (UnauthorizedAccessException e)
        {
            failure = new LogFailure(e.Message.TrimEnd('.'), IsPermission: true);
        }

        file?.Dispose();
        return null;
    }

    /// <returns>0 where it ends for now.</returns>
    public int Read(Span<byte> bytes)
    {
        int read = RandomAccess.Read(_file, bytes, Offset);
        Pass(read);
        return read;
    }

    /// <summary>Goes on from somewhere else.</summary>
    public void GoTo(long offset)
    {
        Offset = offset;
        _head = [];
        Pass(0);
    }

    /// <summary>Goes behind the last line that has come to its end.</summary>
    public void GoToEnd()
    {
        byte[] last = new byte[AuditLines.Longest];
        long start = Math.Max(0, Length - last.Length);
        int read = RandomAccess.Read(_file, last, start);
        int end = last.AsSpan(0, read).LastIndexOf((byte)'\n');
        GoTo(end < 0 ? start + read : start + end + 1);
    }

    /// <summary>Whether it begins with these bytes and has so many.</summary>
    public bool Is(int headLength, string headDigest, long length) => Length >= length && Digest(ReadHead(headLength)) == headDigest;

    public void Dispose() => _file.Dispose();

    private void Pass(int bytes)
    {
        Offset += bytes;
        if (_head.Length < LongestHead)
        {
            _head = ReadHead((int)Math.Min(LongestHead, Offset));
        }
    }

    private byte[] ReadHead(int length)
    {
        byte[] head = new byte[length];
        return head[..RandomAccess.Read(_file, head, 0)];
    }

    private static string Digest(byte[] head) => Convert.ToHexStringLower(SHA256.HashData(head));
}

/// <summary>Why a log cannot be read.</summary>
internal sealed record LogFailure(string Reason, bool IsPermission)
{
    /// <summary>What to do.</summary>
    public string Remedy => IsPermission
        ? "try sudo, or be of the group that log_group in auditd.conf names"
        : "install and start auditd (Debian and Ubuntu: apt-get install auditd)";
}
