namespace Tallyman.Agent.Sources.Ebpf;

/// <summary>Pieces of a long run of bytes, in order, some of which may be missing.</summary>
internal sealed class SparseBytes
{
    private readonly List<(long Offset, byte[] Bytes)> _pieces = [];

    public static SparseBytes None { get; } = new();

    /// <summary>Bytes that are here.</summary>
    public long Length { get; private set; }

    public void Add(long offset, ReadOnlySpan<byte> bytes)
    {
        _pieces.Add((offset, bytes.ToArray()));
        Length += bytes.Length;
    }

    /// <summary>All pieces one after the other, whatever is missing between them.</summary>
    public byte[] Join()
    {
        byte[] all = new byte[Length];
        int end = 0;
        foreach ((_, byte[] bytes) in _pieces)
        {
            bytes.CopyTo(all, end);
            end += bytes.Length;
        }

        return all;
    }

    /// <summary>Whether every piece stands at its place in the whole.</summary>
    public bool IsPartOf(ReadOnlySpan<byte> whole)
    {
        foreach ((long offset, byte[] bytes) in _pieces)
        {
            if (offset + bytes.Length > whole.Length || !whole.Slice((int)offset, bytes.Length).SequenceEqual(bytes))
            {
                return false;
            }
        }

        return true;
    }
}
