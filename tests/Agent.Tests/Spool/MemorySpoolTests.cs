using Google.Protobuf.WellKnownTypes;
using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;
using Tallyman.V1;
using Xunit;

namespace Tallyman.Agent.Tests.Spool;

public class MemorySpoolTests
{
    private readonly Counters _counters = new();
    private readonly MemorySpool _spool;

    public MemorySpoolTests() => _spool = new MemorySpool(_counters, TimeProvider.System);

    [Fact]
    public void Records_are_numbered_from_one_and_kept_until_acknowledged()
    {
        Assert.Equal(1ul, _spool.Append(Record("a")));
        Assert.Equal(2ul, _spool.Append(Record("b")));
        Assert.Equal(3ul, _spool.Append(Record("c")));

        Assert.Equal(["b", "c"], Ids(_spool.Read(2, 10, 1000)));
        _spool.Acknowledge(1);
        _spool.Acknowledge(1);
        Assert.Equal((2ul, 4ul), _spool.Range);
        Assert.Equal(["b", "c"], Ids(_spool.Read(2, 10, 1000)));
        Assert.Equal(1ul, _counters[Counter.Acknowledged]);
        _spool.Acknowledge(100);
        Assert.Equal((4ul, 4ul), _spool.Range);
        Assert.Equal(3ul, _counters[Counter.Acknowledged]);
    }

    [Fact]
    public void A_read_has_bounds_and_still_one_record()
    {
        for (int i = 0; i < 10; i++)
        {
            _spool.Append(Record(new string('x', 100)));
        }

        Assert.Equal(3, _spool.Read(1, 3, 1_000_000).Records.Count);
        Assert.Single(_spool.Read(1, 10, 1).Records);
        Assert.Empty(_spool.Read(11, 10, 1000).Records);
    }

    [Fact]
    public void When_it_is_full_the_oldest_go_and_a_gap_counts_them_in_their_place()
    {
        const int Many = 100_010;
        for (int i = 1; i <= Many; i++)
        {
            _spool.Append(Record($"r{i}", Some.Time.AddSeconds(i)));
        }

        (ulong first, ulong next) = _spool.Range;
        Assert.Equal((ulong)Many + 1, next);
        (ulong from, IReadOnlyList<V1.Record> records) = _spool.Read(1, 2, 1_000_000);
        Assert.Equal(first, from);
        GapRecord gap = records[0].Gap;
        Assert.Equal(("spool_evicted", true), (gap.Reason, gap.CountIsExact));
        Assert.Equal(first, gap.Count); // every record up to the one in whose place the gap stands
        Assert.Equal(Some.Time.AddSeconds(1), gap.First.ToDateTimeOffset());
        Assert.Equal(Some.Time.AddSeconds(gap.Count), gap.Last.ToDateTimeOffset());
        Assert.Equal($"r{first + 1}", records[1].Alert.Id);
        Assert.Equal(gap.Count, _counters[Counter.LostSpoolEvicted]);

        _spool.Acknowledge(first);
        Assert.Equal($"r{first + 1}", _spool.Read(1, 1, 1_000_000).Records[0].Alert.Id);
    }

    [Fact]
    public async Task Who_waits_is_told_of_a_new_record()
    {
        Task waiting = _spool.WaitForAsync(1, default);
        Assert.False(waiting.IsCompleted);
        _spool.Append(Record("a"));
        await waiting;
        Assert.True(_spool.WaitForAsync(1, default).IsCompleted);
    }

    private static V1.Record Record(string id, DateTimeOffset? time = null) =>
        new() { Alert = new V1.Alert { Id = id, Time = Timestamp.FromDateTimeOffset(time ?? Some.Time) } };

    private static IEnumerable<string> Ids((ulong First, IReadOnlyList<V1.Record> Records) read) => read.Records.Select(static record => record.Alert.Id);
}
