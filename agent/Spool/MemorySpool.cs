using Google.Protobuf.WellKnownTypes;
using Tallyman.Agent.Status;
using Tallyman.V1;

namespace Tallyman.Agent.Spool;

/// <summary>
/// Records on their way to a collector, in memory: numbered from 1 without holes, kept until acknowledged. When it is full
/// the oldest go, and a gap record takes their place and counts them. Any thread may use it.
/// </summary>
internal sealed class MemorySpool(Counters counters, TimeProvider time)
{
    private const int MostRecords = 100_000;
    private const long MostBytes = 64 * 1024 * 1024;

    private readonly Lock _sync = new();
    private readonly Queue<(Record Record, int Size)> _records = [];
    private TaskCompletionSource _appended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GapRecord? _evicted;
    private ulong _first = 1;
    private long _bytes;

    /// <summary>The records that are here: [First, Next).</summary>
    public (ulong First, ulong Next) Range
    {
        get
        {
            lock (_sync)
            {
                return (_first, Next);
            }
        }
    }

    private ulong Next => _first + (ulong)_records.Count + (_evicted is null ? 0UL : 1UL);

    /// <returns>The record's place in the sequence.</returns>
    public ulong Append(Record record)
    {
        lock (_sync)
        {
            int size = record.CalculateSize();
            ulong sequence = Next;
            _records.Enqueue((record, size));
            _bytes += size;
            while (_records.Count > MostRecords || (_bytes > MostBytes && _records.Count > 1))
            {
                EvictOldest();
            }

            _appended.TrySetResult();
            _appended = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return sequence;
        }
    }

    /// <summary>Records from a place on, as many as the bounds allow and at least one; none if there are none yet.</summary>
    /// <returns>The first may lie behind the place that was asked for, where that has been evicted.</returns>
    public (ulong First, IReadOnlyList<Record> Records) Read(ulong from, int mostRecords, long mostBytes)
    {
        lock (_sync)
        {
            ulong first = Math.Max(from, _first);
            var records = new List<Record>();
            long bytes = 0;
            foreach ((Record record, int size) in All().Skip((int)(first - _first)))
            {
                bytes += size;
                if (records.Count == mostRecords || (bytes > mostBytes && records.Count > 0))
                {
                    break;
                }

                records.Add(record);
            }

            return (first, records);
        }
    }

    /// <summary>Completes when a record at this place is here.</summary>
    public Task WaitForAsync(ulong sequence, CancellationToken cancel)
    {
        lock (_sync)
        {
            return Next > sequence ? Task.CompletedTask : _appended.Task.WaitAsync(cancel);
        }
    }

    /// <summary>A collector has stored everything up to this place, so that it need not be kept.</summary>
    public void Acknowledge(ulong upTo)
    {
        lock (_sync)
        {
            for (; _first <= upTo && _first < Next; _first++)
            {
                if (_evicted is not null)
                {
                    _evicted = null;
                }
                else
                {
                    _bytes -= _records.Dequeue().Size;
                }

                counters.Add(Counter.Acknowledged);
            }
        }
    }

    private IEnumerable<(Record Record, int Size)> All() =>
        _evicted is null ? _records : _records.Prepend((new Record { Gap = _evicted.Clone() }, _evicted.CalculateSize()));

    private void EvictOldest()
    {
        (Record record, int size) = _records.Dequeue();
        _bytes -= size;
        counters.Add(Counter.LostSpoolEvicted);
        Timestamp now = Timestamp.FromDateTimeOffset(time.GetUtcNow());
        if (_evicted is null)
        {
            _evicted = new GapRecord { Reason = "spool_evicted", First = TimeOf(record) ?? now, CountIsExact = true };
        }
        else
        {
            _first++; // the gap moves up into the place of the record that goes
        }

        _evicted.Count++;
        _evicted.Last = TimeOf(record) ?? now;
    }

    private static Timestamp? TimeOf(Record record) => record.RecordCase switch
    {
        Record.RecordOneofCase.Alert => record.Alert.Time,
        Record.RecordOneofCase.Gap => record.Gap.Last,
        Record.RecordOneofCase.Trail => record.Trail.Time,
        _ => null,
    };
}
