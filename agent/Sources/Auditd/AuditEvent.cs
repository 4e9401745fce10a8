using System.Numerics;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>
/// The records of an event that have come so far, as they are. Whatever their order, the event is whole when it has what its
/// own records promise; these promises (argc, items, aN_len) only say how long to wait, and are not believed beyond that. As aN_len
/// is not the same on all kernels, an event with one also waits for the record that comes last, its title.
/// </summary>
internal sealed class AuditEvent
{
    /// <summary>The kernel takes 6 MiB of arguments, of which hexadecimal makes twice as much.</summary>
    public const int Longest = 16 * 1024 * 1024;

    private const int MostRecords = 16 * 1024; // the longest arguments take two thousand
    private const int MostItems = 64; // of which an execution has eight
    private const int KeptForReuse = 1024 * 1024;

    private readonly List<(AuditType Type, int Start, int Length)> _records = [];
    private readonly HashSet<(int Argument, int Piece)> _beginnings = []; // of EXECVE records: one may come twice
    private byte[] _bytes = [];
    private uint? _items;
    private uint? _argc;
    private bool _hasDirectory;
    private bool _hasTitle;
    private ulong _paths; // by their numbers
    private uint _arguments;
    private long _promised;
    private ArgumentLength _pieces;

    public AuditEvent() => Place = new LinkedListNode<AuditEvent>(this);

    /// <summary>Among the others that wait.</summary>
    public LinkedListNode<AuditEvent> Place { get; }

    public AuditKey Key { get; set; }

    /// <summary>Bytes of the whole reading in front of its first record.</summary>
    public long Position { get; private set; }

    public bool HasSyscall { get; private set; }

    public bool HasArguments { get; private set; }

    /// <summary>The log's time from which on it is waited for what is missing.</summary>
    public long Since { get; set; }

    /// <summary>Grows from tick to tick as long as no record comes.</summary>
    public int Age { get; set; }

    /// <summary>Something of it did not come, or could not be kept.</summary>
    public bool IsPartial { get; set; }

    public int Length { get; private set; }

    public bool HasAllPromised =>
        HasSyscall && _hasDirectory && BitOperations.PopCount(_paths) >= _items && _arguments >= _argc && !_pieces.IsLessThan(_promised);

    public bool IsWhole => HasAllPromised && (_promised == 0 || _hasTitle);

    public void Begin(AuditKey key, long position)
    {
        Key = key;
        Since = key.Milliseconds;
        Position = position;
    }

    /// <summary>Is ready for another event, and takes little room until then.</summary>
    public void Clear()
    {
        _records.Clear();
        _bytes = _bytes.Length > KeptForReuse ? [] : _bytes;
        Length = 0;
        Age = 0;
        _beginnings.Clear();
        (_items, _argc, _paths, _arguments, _promised, _pieces) = (null, null, 0, 0, 0, default);
        HasSyscall = HasArguments = IsPartial = _hasDirectory = _hasTitle = false;
    }

    public void Add(AuditType type, ReadOnlySpan<byte> body)
    {
        Age = 0;
        if (body.Length > Longest - Length || _records.Count == MostRecords)
        {
            IsPartial = true;
            return;
        }

        if (_bytes.Length - Length < body.Length)
        {
            Array.Resize(ref _bytes, Math.Max(Length + body.Length, Math.Min(Longest, Math.Max(4096, _bytes.Length * 2))));
        }

        body.CopyTo(_bytes.AsSpan(Length));
        _records.Add((type, Length, body.Length));
        Length += body.Length;
        switch (type)
        {
            case AuditType.Syscall:
                HasSyscall = true;
                _items = AuditExecReader.NumberIn(body, "items"u8) is uint items ? Math.Min(items, MostItems) : null;
                break;
            case AuditType.Execve:
                HasArguments = true;
                CountArguments(body);
                break;
            case AuditType.Cwd:
                _hasDirectory = true;
                break;
            case AuditType.Path when AuditExecReader.NumberIn(body, "item"u8) is uint item and < MostItems:
                _paths |= 1ul << (int)item;
                break;
            case AuditType.Proctitle or AuditType.EndOfEvent:
                _hasTitle = true;
                break;
        }
    }

    /// <summary>The bodies of all records of a type.</summary>
    public RecordEnumerator Records(AuditType type) => new(this, type);

    private void CountArguments(ReadOnlySpan<byte> body)
    {
        var fields = new AuditFields(body);
        bool isFirst = true;
        while (fields.MoveNext())
        {
            if (!ArgumentName.TryRead(fields.Name, out ArgumentName name))
            {
                _argc ??= fields.Name.SequenceEqual("argc"u8) ? fields.Number : null;
                continue;
            }

            if (isFirst && !_beginnings.Add((name.Argument, name.Piece)))
            {
                return;
            }

            isFirst = false;
            if (name.IsLength)
            {
                _promised += fields.Number ?? 0;
            }
            else
            {
                _arguments += name.Piece == 0 ? 1u : 0;
                _pieces += name.IsPiece ? ArgumentLength.Of(fields.Value) : default;
            }
        }
    }

    internal ref struct RecordEnumerator(AuditEvent owner, AuditType type)
    {
        private int _next;

        public ReadOnlySpan<byte> Current { get; private set; }

        public readonly RecordEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            while (_next < owner._records.Count)
            {
                (AuditType each, int start, int length) = owner._records[_next++];
                if (each == type)
                {
                    Current = owner._bytes.AsSpan(start, length);
                    return true;
                }
            }

            return false;
        }
    }
}
