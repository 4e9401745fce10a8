namespace Tallyman.Agent.Sources.Auditd;

/// <param name="position">Bytes of the whole reading in front of the line.</param>
internal delegate void AuditLine(ReadOnlySpan<byte> line, long position);

/// <summary>
/// Cuts what is read into lines. One that is longer than any record is counted and left out, and the next is a line again. Blocks
/// that a crash has left empty are no part of the line behind them, however many there are.
/// </summary>
internal sealed class AuditLines(AuditLine receive)
{
    /// <summary>auditd itself cuts records at 8970 bytes; others write longer ones.</summary>
    public const int Longest = 64 * 1024;

    private const int Capacity = 256 * 1024;

    private readonly byte[] _buffer = new byte[Capacity];
    private int _filled;
    private bool _isInLongLine;

    public ulong Lines { get; private set; }

    public ulong TooLong { get; private set; }

    /// <summary>Bytes in front of the line that has not come to its end.</summary>
    public long Position { get; private set; }

    /// <summary>Where to read to. Never empty.</summary>
    public Memory<byte> Room => _buffer.AsMemory(_filled);

    /// <summary>So many bytes have been read into the room.</summary>
    public void Take(int count)
    {
        int start = 0;
        int searched = _filled;
        _filled += count;
        while (_buffer.AsSpan(searched, _filled - searched).IndexOf((byte)'\n') is int end and >= 0)
        {
            end += searched;
            End(_buffer.AsSpan(start, end - start));
            Position += end + 1 - start;
            start = searched = end + 1;
        }

        _filled -= start;
        _buffer.AsSpan(start, _filled).CopyTo(_buffer);
        if (_filled == Capacity)
        {
            _isInLongLine |= _buffer.ContainsAnyExcept((byte)0);
            Position += _filled;
            _filled = 0;
        }
    }

    /// <summary>Nothing follows: what is left is a line too.</summary>
    public void Finish()
    {
        if (_filled > 0 || _isInLongLine)
        {
            End(_buffer.AsSpan(0, _filled));
        }

        Position += _filled;
        _filled = 0;
    }

    private void End(ReadOnlySpan<byte> line)
    {
        Lines++;
        line = line[Math.Max(0, line.IndexOfAnyExcept((byte)0))..]; // nothing but such a block is no line, which is counted
        if (_isInLongLine || line.Length > Longest)
        {
            TooLong++;
            _isInLongLine = false;
        }
        else
        {
            receive(line, Position);
        }
    }
}
