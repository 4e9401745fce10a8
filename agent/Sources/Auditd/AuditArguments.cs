using System.Buffers.Text;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>The name of a field of an EXECVE record that holds an argument or a piece of one: a2, a2[0], a2_len.</summary>
/// <param name="Piece">0 for a whole argument.</param>
internal readonly record struct ArgumentName(int Argument, int Piece, bool IsPiece, bool IsLength)
{
    /// <summary>More arguments than the kernel takes (a quarter of the stack's limit, which it caps at 24 MiB, in pairs of bytes).</summary>
    private const int Most = 4 * 1024 * 1024;

    public static bool TryRead(ReadOnlySpan<byte> name, out ArgumentName argument)
    {
        argument = default;
        if (name is not [(byte)'a', .. ReadOnlySpan<byte> rest] || !Utf8Parser.TryParse(rest, out uint number, out int length) || number >= Most)
        {
            return false;
        }

        rest = rest[length..];
        if (rest.IsEmpty || rest.SequenceEqual("_len"u8))
        {
            argument = new ArgumentName((int)number, 0, IsPiece: false, IsLength: !rest.IsEmpty);
            return true;
        }

        if (rest is not [(byte)'[', .. ReadOnlySpan<byte> index, (byte)']']
            || !Utf8Parser.TryParse(index, out uint piece, out length) || length != index.Length || piece >= Most)
        {
            return false;
        }

        argument = new ArgumentName((int)number, (int)piece, IsPiece: true, IsLength: false);
        return true;
    }
}

/// <summary>
/// Puts the arguments of an execution together from its EXECVE records, whose order does not matter. Where something is missing
/// there is a mark in its place, so that words are never joined that did not stand together. Reused from event to event.
/// </summary>
internal sealed class AuditArguments
{
    /// <summary>Stands where a piece of an argument, or any number of arguments, are missing.</summary>
    private static ReadOnlySpan<byte> Gap => "…"u8;

    private readonly List<Part> _parts = [];
    private byte[] _area = new byte[4096];
    private int _length;
    private bool _isSorted = true;

    /// <summary>Arguments that the kernel says there are; null if the record that says so has not come.</summary>
    public uint? Argc { get; private set; }

    /// <summary>Values that are neither quoted nor hexadecimal, or that have a NUL in them.</summary>
    public ulong Undecodable { get; private set; }

    /// <summary>Bytes of the arguments that are missing for certain: at least one for each piece and each argument.</summary>
    public long Missing { get; private set; }

    public void Clear()
    {
        _parts.Clear();
        _length = 0;
        _isSorted = true;
        Argc = null;
        Missing = 0;
    }

    /// <param name="body">Of an EXECVE record.</param>
    public void Add(ReadOnlySpan<byte> body)
    {
        var fields = new AuditFields(body);
        while (fields.MoveNext())
        {
            if (ArgumentName.TryRead(fields.Name, out ArgumentName name))
            {
                if (!name.IsLength)
                {
                    Add(name, fields.Value);
                }
            }
            else if (fields.Name.SequenceEqual("argc"u8))
            {
                Argc ??= fields.Number;
            }
        }
    }

    /// <summary>The arguments one after the other, each with a NUL behind it.</summary>
    public ReadOnlyMemory<byte> Join()
    {
        if (!_isSorted)
        {
            _parts.Sort();
        }

        var area = new MemoryStream(_length + _parts.Count);
        int argument = -1;
        int piece = 0;
        foreach (Part part in _parts)
        {
            if (part.Argument != argument)
            {
                if (argument >= 0)
                {
                    area.WriteByte(0);
                }

                if (part.Argument > argument + 1)
                {
                    Missing += part.Argument - argument - 1;
                    area.Write(Gap);
                    area.WriteByte(0);
                }

                argument = part.Argument;
                piece = 0;
            }
            else if (part.Piece < piece)
            {
                continue; // came twice
            }

            if (part.Piece > piece)
            {
                Missing += part.Piece - piece;
                area.Write(Gap);
            }

            area.Write(_area.AsSpan(part.Start, part.Length));
            piece = part.Piece + 1;
        }

        if (argument >= 0)
        {
            area.WriteByte(0);
        }

        Missing += Math.Max(0, (long)(Argc ?? 0) - argument - 1);
        return area.GetBuffer().AsMemory(0, (int)area.Length);
    }

    private void Add(ArgumentName name, ReadOnlySpan<byte> value)
    {
        if (_area.Length - _length < value.Length)
        {
            Array.Resize(ref _area, Math.Max(_area.Length * 2, _length + value.Length));
        }

        if (!AuditValue.TryDecode(value, _area.AsSpan(_length), out int length) || _area.AsSpan(_length, length).Contains((byte)0))
        {
            Undecodable++;
            return;
        }

        var part = new Part(name.Argument, name.Piece, _length, length);
        _isSorted &= _parts.Count == 0 || _parts[^1].CompareTo(part) <= 0;
        _parts.Add(part);
        _length += length;
    }

    private readonly record struct Part(int Argument, int Piece, int Start, int Length) : IComparable<Part>
    {
        public int CompareTo(Part other) => (Argument, Piece, Start).CompareTo((other.Argument, other.Piece, other.Start));
    }
}
