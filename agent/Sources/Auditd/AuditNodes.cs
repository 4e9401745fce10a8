namespace Tallyman.Agent.Sources.Auditd;

/// <summary>The hosts that records name with node=, each with a number, and with the time of its last record.</summary>
internal sealed class AuditNodes
{
    /// <summary>A log of more hosts has its further ones taken for one: their events then differ by time and serial alone.</summary>
    public const int Most = 4096;

    /// <summary>Stands for the host of records that name none.</summary>
    public const int Unnamed = 0;

    private readonly Dictionary<byte[], int> _numbers;
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    private readonly List<byte[]> _names = [];
    private readonly List<long> _times = [];
    private int _last;

    public AuditNodes()
    {
        _numbers = new Dictionary<byte[], int>(new BytesComparer());
        _lookup = _numbers.GetAlternateLookup<ReadOnlySpan<byte>>();
        Add([]);
    }

    /// <summary>The number of the host, which the time becomes the latest of.</summary>
    public int Meet(ReadOnlySpan<byte> name, long milliseconds)
    {
        if (!name.SequenceEqual(_names[_last]) && !_lookup.TryGetValue(name, out _last))
        {
            _last = _names.Count < Most ? Add(name) : Most - 1;
        }

        _times[_last] = milliseconds;
        return _last;
    }

    public bool HasNames => _names.Count > 1;

    public byte[] NameOf(int node) => _names[node];

    /// <summary>The time of the host's last record. It may go back: clocks are set.</summary>
    public long TimeOf(int node) => _times[node];

    private int Add(ReadOnlySpan<byte> name)
    {
        _names.Add(name.ToArray());
        _times.Add(0);
        _numbers.Add(_names[^1], _names.Count - 1);
        return _names.Count - 1;
    }
}
