namespace Tallyman.Agent.Sources.Ebpf;

/// <summary>
/// A long run of bytes that comes in pieces, some of which may never come; of a very long one only the two ends come at all.
/// Each piece is copied once, to where it stays.
/// </summary>
internal sealed class SparseBytes
{
    private readonly byte[] _bytes;
    private readonly long _leftOut; // between the two ends
    private readonly List<(int Start, int Length)> _pieces = [];

    /// <param name="total">Bytes of the whole.</param>
    /// <param name="most">Bytes that can come.</param>
    public SparseBytes(long total, int most)
    {
        _bytes = new byte[Math.Min(total, most)];
        _leftOut = total - _bytes.Length;
    }

    public static SparseBytes None { get; } = new(0, 0);

    /// <summary>Bytes that have come.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes of memory that are taken, whatever has come.</summary>
    public int Capacity => _bytes.Length;

    /// <returns>False if the piece does not belong to this whole.</returns>
    public bool TryAdd(long offset, ReadOnlySpan<byte> piece)
    {
        long start = _leftOut > 0 && offset >= _bytes.Length / 2 ? offset - _leftOut : offset;
        if (start < 0 || start + piece.Length > _bytes.Length)
        {
            return false;
        }

        piece.CopyTo(_bytes.AsSpan((int)start));
        _pieces.Add(((int)start, piece.Length));
        Length += piece.Length;
        return true;
    }

    /// <summary>All pieces one after the other, whatever is missing between them.</summary>
    public ReadOnlyMemory<byte> Join()
    {
        if (Length == _bytes.Length)
        {
            return _bytes;
        }

        byte[] joined = new byte[Length];
        int end = 0;
        foreach ((int start, int length) in _pieces)
        {
            _bytes.AsSpan(start, length).CopyTo(joined.AsSpan(end));
            end += length;
        }

        return joined;
    }

    /// <summary>Whether every piece stands at its place in the whole.</summary>
    public bool IsPartOf(ReadOnlySpan<byte> whole)
    {
        if (whole.Length != _bytes.Length + _leftOut)
        {
            return false;
        }

        foreach ((int start, int length) in _pieces)
        {
            int offset = start < _bytes.Length / 2 ? start : (int)(start + _leftOut);
            if (!whole.Slice(offset, length).SequenceEqual(_bytes.AsSpan(start, length)))
            {
                return false;
            }
        }

        return true;
    }
}
