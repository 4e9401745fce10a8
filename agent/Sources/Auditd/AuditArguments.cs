using System.Buffers.Text;
using System.Runtime.InteropServices;

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

/// <summary>How long pieces of arguments are.</summary>
/// <param name="Written">Characters that the bytes are written with: two each in hexadecimal.</param>
internal readonly record struct ArgumentLength(int Bytes, int Written)
{
    public static ArgumentLength Of(ReadOnlySpan<byte> value) =>
        value is [(byte)'"', ..] ? new ArgumentLength(value.Length - 2, value.Length - 2) : new ArgumentLength(value.Length / 2, value.Length);

    public static ArgumentLength operator +(ArgumentLength one, ArgumentLength other) => new(one.Bytes + other.Bytes, one.Written + other.Written);

    /// <summary>Whether that is not all. What aN_len counts is what is written or, on some kernels, bytes; it may be wrong.</summary>
    public bool IsLessThan(long promised) => Bytes < promised && Written != promised;
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
    private readonly Dictionary<int, uint> _promised = []; // by the arguments that come in pieces: aN_len
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
        _promised.Clear();
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
                if (name.IsLength)
                {
                    _promised.TryAdd(name.Argument, fields.Number ?? 0);
                }
                else
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
        int next = 0;
        for (ReadOnlySpan<Part> parts = CollectionsMarshal.AsSpan(_parts); !parts.IsEmpty;)
        {
            int argument = parts[0].Argument;
            if (argument > next)
            {
                Missing += argument - next;
                area.Write(Gap);
                area.WriteByte(0);
            }

            int count = 1;
            while (count < parts.Length && parts[count].Argument == argument)
            {
                count++;
            }

            Join(parts[..count], area);
            area.WriteByte(0);
            parts = parts[count..];
            next = argument + 1;
        }

        Missing += Math.Max(0, (long)(Argc ?? 0) - next);
        return area.GetBuffer().AsMemory(0, (int)area.Length);
    }

    /// <param name="parts">Of one argument.</param>
    private void Join(ReadOnlySpan<Part> parts, MemoryStream area)
    {
        bool isWhole = true;
        int piece = 0;
        var length = default(ArgumentLength);
        foreach (Part part in parts)
        {
            if (part.Piece < piece)
            {
                continue; // came twice
            }

            if (part.Piece > piece)
            {
                isWhole = false;
                Missing += part.Piece - piece;
                area.Write(Gap);
            }

            area.Write(_area.AsSpan(part.Start, part.Length.Bytes));
            length += part.Length;
            piece = part.Piece + 1;
        }

        if (isWhole && length.IsLessThan(_promised.GetValueOrDefault(parts[0].Argument)))
        {
            Missing++;
            area.Write(Gap);
        }
    }

    private void Add(ArgumentName name, ReadOnlySpan<byte> value)
    {
        if (_area.Length - _length < value.Length)
        {
            Array.Resize(ref _area, Math.Max(_area.Length * 2, _length + value.Length));
        }

        Span<byte> room = _area.AsSpan(_length);
        if (!AuditValue.TryRead(value, room, out ReadOnlySpan<byte> text) || text.Contains((byte)0))
        {
            Undecodable++;
            return;
        }

        text.CopyTo(room); // which is where it is if it was hexadecimal
        var part = new Part(name.Argument, name.Piece, _length, ArgumentLength.Of(value));
        _isSorted &= _parts.Count == 0 || _parts[^1].CompareTo(part) <= 0;
        _parts.Add(part);
        _length += text.Length;
    }

    private readonly record struct Part(int Argument, int Piece, int Start, ArgumentLength Length) : IComparable<Part>
    {
        public int CompareTo(Part other) => (Argument, Piece, Start).CompareTo((other.Argument, other.Piece, other.Start));
    }
}
