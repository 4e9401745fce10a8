using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tallyman.V1;

namespace Tallyman.Agent.History;

/// <summary>
/// Which patterns of alerts there were, and how often, so that what is routine and what is new can be told apart. When there is
/// no more room, what was seen the longest ago is forgotten, and would be new again. Any thread may use it.
/// </summary>
/// <param name="mostBytes">That it may take; attackers choose how many patterns there are.</param>
internal sealed class AlertHistory(long mostBytes)
{
    private const int Overhead = 384; // of the objects of a pattern

    private readonly Dictionary<UInt128, LinkedListNode<Pattern>> _patterns = [];
    private readonly LinkedList<Pattern> _byLast = []; // the latest at the end
    private long _bytes;
    private ulong _forgotten;
    private ulong _version;

    public long MostBytes { get; } = mostBytes;

    /// <summary>Patterns that had to make room.</summary>
    public ulong Forgotten => Interlocked.Read(ref _forgotten);

    /// <summary>Goes up with each change.</summary>
    public ulong Version => Interlocked.Read(ref _version);

    public int Count
    {
        get
        {
            lock (_patterns)
            {
                return _patterns.Count;
            }
        }
    }

    /// <summary>Counts the alert, and says in it how new it is.</summary>
    /// <param name="exception">That suppresses it; empty for none.</param>
    public void Add(Alert alert, string exception)
    {
        UInt128 key = PatternKey.Of(alert);
        lock (_patterns)
        {
            _version++;
            if (_patterns.TryGetValue(key, out LinkedListNode<Pattern>? node))
            {
                node.Value.Times += alert.Process.SeenAtStart ? 0ul : 1; // it may run since it was counted
                node.Value.Last = alert.Time;
                node.Value.Exception = exception;
                _byLast.Remove(node);
                _byLast.AddLast(node);
            }
            else
            {
                node = Keep(key, new Pattern
                {
                    KeyHigh = (ulong)(key >> 64),
                    KeyLow = (ulong)key,
                    Times = 1,
                    First = alert.Time,
                    Last = alert.Time,
                    Example = ExampleOf(alert),
                    Exception = exception,
                });
            }

            alert.Seen = new Seen { Times = node.Value.Times, Since = node.Value.First };
        }
    }

    /// <summary>Goes on from what was kept, the latest last.</summary>
    public void Load(IEnumerable<Pattern> patterns)
    {
        lock (_patterns)
        {
            foreach (Pattern pattern in patterns)
            {
                var key = new UInt128(pattern.KeyHigh, pattern.KeyLow);
                if (!_patterns.ContainsKey(key))
                {
                    Keep(key, pattern);
                }
            }
        }
    }

    /// <summary>As it is now, each with its length before it, to be read by <see cref="HistoryFile"/>.</summary>
    public (byte[] Bytes, ulong Version) Write()
    {
        lock (_patterns)
        {
            var bytes = new MemoryStream((int)_bytes);
            foreach (Pattern pattern in _byLast)
            {
                pattern.WriteDelimitedTo(bytes);
            }

            return (bytes.ToArray(), _version);
        }
    }

    private LinkedListNode<Pattern> Keep(UInt128 key, Pattern pattern)
    {
        LinkedListNode<Pattern> node = _byLast.AddLast(pattern);
        _patterns.Add(key, node);
        _bytes += SizeOf(pattern);
        while (_bytes > MostBytes && _byLast.First is { } oldest && oldest != node)
        {
            _byLast.RemoveFirst();
            _patterns.Remove(new UInt128(oldest.Value.KeyHigh, oldest.Value.KeyLow));
            _bytes -= SizeOf(oldest.Value);
            _forgotten++;
        }

        return node;
    }

    private static long SizeOf(Pattern pattern) => Overhead + pattern.Example.Length + pattern.Exception.Length;

    /// <summary>All but the command line: what an exception could ask for.</summary>
    private static ByteString ExampleOf(Alert alert)
    {
        Alert example = alert.Clone();
        example.CommandLine.Argv.Clear();
        example.CommandLine.Facts.Clear();
        example.CommandLine.Warnings.Clear();
        example.CommandLine.Cuts.Clear();
        return example.ToByteString();
    }
}
