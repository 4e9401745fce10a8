namespace Tallyman.Agent.Sources.Auditd;

/// <summary>Whether an execution is of interest, by what its SYSCALL record says.</summary>
/// <param name="executable">Path of the file that runs, as the process sees it.</param>
internal delegate bool AuditInterest(ReadOnlySpan<byte> comm, ReadOnlySpan<byte> executable);

/// <summary>
/// Puts the records of each successful execution together. They may be interleaved with those of other events and in any
/// order: a kernel that loses records, forwarders and ausearch all change it. An event that stays incomplete is given up after
/// two seconds of the log's own time, as auditd does, and what there is of it is passed on. As the time of an event is that at
/// which the call began, and its records come when it ends, they begin with the first record that follows. Used by one thread.
/// </summary>
internal sealed class AuditAssembler(AuditInterest interest, Action<AuditEvent> receive)
{
    public const int MostWaiting = 4096;
    public const int MostBytesWaiting = 32 * 1024 * 1024;

    private const long Patience = 2000; // milliseconds
    private const int TicksOfPatience = 3;
    private const int Remembered = 4096; // a power of two
    private const int MostFree = 8;

    private readonly AuditNodes _nodes = new();
    private readonly Dictionary<AuditKey, AuditEvent> _waiting = [];
    private readonly LinkedList<AuditEvent> _inOrder = []; // by their first records
    private readonly Stack<AuditEvent> _free = [];
    private readonly (AuditKey Key, bool WasTaken)[] _past = new (AuditKey, bool)[Remembered]; // by serial
    private readonly AuditEvent?[] _latest = new AuditEvent?[AuditNodes.Most]; // which that node's last record belongs to
    private readonly byte[] _comm = new byte[AuditLines.Longest];
    private readonly byte[] _executable = new byte[AuditLines.Longest];
    private long _bytesWaiting;

    public ulong Records { get; private set; }

    /// <summary>Executions that succeeded, of whatever program.</summary>
    public ulong Executions { get; private set; }

    /// <summary>Lines that are no records.</summary>
    public ulong Malformed { get; private set; }

    /// <summary>Events of which something never came.</summary>
    public ulong Partial { get; private set; }

    /// <summary>Arguments whose SYSCALL record never came, so that nobody knows who ran what.</summary>
    public ulong Headless { get; private set; }

    /// <summary>Records of events that were passed on already.</summary>
    public ulong Late { get; private set; }

    /// <summary>Bytes of the whole reading in front of everything that is still incomplete; null if nothing is.</summary>
    public long? OldestPosition => _inOrder.First?.Value.Position;

    public byte[] NodeOf(AuditEvent audit) => _nodes.NameOf(audit.Key.Node);

    /// <param name="position">Bytes of the whole reading in front of the line.</param>
    public void Add(ReadOnlySpan<byte> line, long position)
    {
        if (!AuditRecord.TryRead(line, out AuditRecord record))
        {
            Malformed += IsSeparator(line.TrimEnd((byte)'\r')) ? 0u : 1;
            return;
        }

        Records++;
        if (record.Type == AuditType.Other)
        {
            return;
        }

        var key = new AuditKey(_nodes.Meet(record.Node, record.Milliseconds), record.Milliseconds, record.Serial);
        ref AuditEvent? latest = ref _latest[key.Node];
        if (latest is not null && latest.Key != key)
        {
            latest.Since = Math.Max(latest.Since, key.Milliseconds);
            latest = null;
        }

        ref (AuditKey Key, bool WasTaken) past = ref _past[key.Serial & (Remembered - 1)];
        if ((record.Type == AuditType.Syscall ? past.Key == key : past.Key.MayBe(key)) && key != default)
        {
            Late += past.WasTaken && record.Type != AuditType.Proctitle && record.Type != AuditType.EndOfEvent ? 1u : 0;
            return;
        }

        bool isDoubtful = false;
        if (record.Type == AuditType.Syscall && !IsWanted(record, out isDoubtful))
        {
            past = (key, false);
            if (_waiting.TryGetValue(key, out AuditEvent? unwanted))
            {
                Remove(unwanted);
            }

            return;
        }

        Append(key, record, position, isDoubtful);
        GiveUpOld();
    }

    /// <summary>Some time, a second or so, has passed: what has waited for several of these is given up, as the log may have come to rest.</summary>
    public void Tick()
    {
        foreach (AuditEvent waiting in _inOrder.ToArray())
        {
            if (++waiting.Age > TicksOfPatience)
            {
                GiveUp(waiting);
            }
        }
    }

    /// <summary>Nothing follows: what waits is given up.</summary>
    public void Finish()
    {
        while (_inOrder.First is { Value: AuditEvent oldest })
        {
            GiveUp(oldest);
        }
    }

    private void Append(AuditKey key, AuditRecord record, long position, bool isDoubtful)
    {
        AuditEvent audit = _waiting.GetValueOrDefault(key) ?? Adopt(key, record.Type) ?? Begin(key, position);
        _latest[audit.Key.Node] = audit;
        audit.IsPartial |= isDoubtful;
        int before = audit.Length;
        audit.Add(record.Type, record.Body);
        _bytesWaiting += audit.Length - before;
        if (audit.IsWhole)
        {
            Complete(audit);
        }
    }

    private AuditEvent Begin(AuditKey key, long position)
    {
        AuditEvent audit = _free.TryPop(out AuditEvent? used) ? used : new AuditEvent();
        audit.Begin(key, position);
        _waiting.Add(key, audit);
        _inOrder.AddLast(audit.Place);
        return audit;
    }

    /// <summary>
    /// Some forwarders leave node= out on some lines: such a record belongs to the one event that it may belong to, and the event
    /// is that of the host that any of its records names.
    /// </summary>
    private AuditEvent? Adopt(AuditKey key, AuditType type)
    {
        if (!_nodes.HasNames)
        {
            return null;
        }

        AuditEvent? found = null;
        foreach (AuditEvent waiting in _inOrder)
        {
            if (waiting.Key.MayBe(key) && !(type == AuditType.Syscall && waiting.HasSyscall))
            {
                if (found is not null)
                {
                    return null;
                }

                found = waiting;
            }
        }

        if (found?.Key.Node == AuditNodes.Unnamed)
        {
            Forget(found);
            found.Key = key;
            _waiting.Add(key, found);
        }

        return found;
    }

    private void GiveUpOld()
    {
        while (_inOrder.First is { Value: AuditEvent oldest }
            && (_nodes.TimeOf(oldest.Key.Node) - oldest.Since > Patience || _waiting.Count > MostWaiting || _bytesWaiting > MostBytesWaiting))
        {
            GiveUp(oldest);
        }
    }

    private void GiveUp(AuditEvent audit)
    {
        if (audit.HasSyscall)
        {
            audit.IsPartial |= !audit.HasAllPromised;
            Complete(audit);
            return;
        }

        Headless += audit.HasArguments ? 1u : 0;
        Remove(audit);
    }

    private void Complete(AuditEvent audit)
    {
        Partial += audit.IsPartial ? 1u : 0;
        _past[audit.Key.Serial & (Remembered - 1)] = (audit.Key, true);
        receive(audit);
        Remove(audit);
    }

    private void Remove(AuditEvent audit)
    {
        Forget(audit);
        _inOrder.Remove(audit.Place);
        _bytesWaiting -= audit.Length;
        audit.Clear();
        if (_free.Count < MostFree)
        {
            _free.Push(audit);
        }
    }

    /// <summary>Its key leads to it no more.</summary>
    private void Forget(AuditEvent audit)
    {
        _waiting.Remove(audit.Key);
        ref AuditEvent? latest = ref _latest[audit.Key.Node];
        latest = latest == audit ? null : latest;
    }

    /// <param name="isDoubtful">Whether the record does not say that the execution succeeded, so that it is taken for one that did.</param>
    private bool IsWanted(AuditRecord record, out bool isDoubtful)
    {
        AuditSyscall syscall = AuditSyscall.Read(record);
        isDoubtful = syscall.Succeeded is null;
        if (!syscall.IsExecution || syscall.Succeeded == false)
        {
            return false;
        }

        Executions++;
        _ = AuditValue.TryRead(syscall.Comm, _comm, out ReadOnlySpan<byte> comm);
        _ = AuditValue.TryRead(syscall.Executable, _executable, out ReadOnlySpan<byte> executable);
        return interest(comm, executable);
    }

    /// <summary>What ausearch writes between events: ----, time->Sun Nov 22 08:00:00 2026.</summary>
    private static bool IsSeparator(ReadOnlySpan<byte> line) => line.IsEmpty || line.SequenceEqual("----"u8) || line.StartsWith("time->"u8);
}
