using System.IO.Compression;
using Tallyman.Agent.Native;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>A log that is there already, read from its beginning and unpacked, wherever it comes from.</summary>
internal sealed class AuditInput : IDisposable
{
    private readonly Stream _file;
    private readonly Stream _log;

    /// <param name="file">Stays its owner's.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public AuditInput(Stream file)
    {
        _file = file;
        byte[] head = new byte[2];
        head = head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        var whole = new HeadedStream(head, file);
        _log = head is [0x1f, 0x8b] ? new GZipStream(whole, CompressionMode.Decompress) : whole; // by its bytes, as a file may be called anything
    }

    /// <summary>Bytes of the file that were read, or will be soon; 0 where it is a pipe.</summary>
    public long Done => _file.CanSeek ? _file.Position : 0;

    /// <summary>Bytes of the log that were read.</summary>
    public long Unpacked { get; private set; }

    /// <summary>Opens a file that may be a pipe.</summary>
    public static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    /// <summary>What a file is the same by whatever it is called; null where that says nothing, as for a pipe.</summary>
    public static (ulong Device, ulong Inode)? IdentityOf(FileStream file) =>
        FileDetails.Of(file.SafeFileHandle) is { IsRegular: true } details ? (details.Device, details.Inode) : null;

    /// <returns>0 at the end.</returns>
    /// <exception cref="InvalidDataException">It was packed, and is damaged.</exception>
    public int Read(Span<byte> bytes)
    {
        int read = _log.Read(bytes);
        Unpacked += read;
        return read;
    }

    public void Dispose() => _log.Dispose();

    /// <summary>A stream of which the first bytes were read already: a pipe cannot be wound back.</summary>
    private sealed class HeadedStream(byte[] head, Stream rest) : Stream
    {
        private int _given;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            if (_given == head.Length)
            {
                return rest.Read(buffer);
            }

            int count = Math.Min(buffer.Length, head.Length - _given);
            head.AsSpan(_given, count).CopyTo(buffer);
            _given += count;
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
