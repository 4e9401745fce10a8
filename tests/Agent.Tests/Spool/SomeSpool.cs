using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging.Abstractions;
using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;
using Tallyman.V1;
using Xunit;

namespace Tallyman.Agent.Tests.Spool;

/// <summary>Spools and records for tests.</summary>
internal static class SomeSpool
{
    public const long Size = 4 * 1024 * 1024;

    public static RecordSpool Open(string directory, Counters? counters = null, Health? health = null, long size = Size, TimeSpan? retry = null, long memory = 1024 * 1024) =>
        Open(new SpoolOptions(directory, size) { RetryEvery = retry ?? TimeSpan.FromMilliseconds(20), MemoryBytes = memory }, counters, health);

    public static RecordSpool Open(SpoolOptions options, Counters? counters = null, Health? health = null) =>
        new(options, counters ?? new Counters(), health ?? new Health(), TimeProvider.System, NullLogger<RecordSpool>.Instance);

    public static V1.Record Alert(string id, Severity severity = Severity.Medium, int bytes = 0, DateTimeOffset? time = null) => new()
    {
        Alert = new V1.Alert
        {
            Id = id,
            Time = Timestamp.FromDateTimeOffset(time ?? Some.Time),
            Scores = new Scores { Severity = severity },
            CommandLine = new CommandLine(),
            Source = new string('x', bytes),
        },
    };

    /// <summary>Everything from a sequence on to the end, each with its own sequence; of a new epoch where one begins meanwhile.</summary>
    public static async Task<List<(ulong Sequence, V1.Record Record)>> ReadAllAsync(this RecordSpool spool, ulong? from = null)
    {
        var all = new List<(ulong, V1.Record)>();
        SpoolRange range = spool.Range;
        ulong next = from ?? (range.Acknowledged + 1);
        while (next < spool.Range.Next)
        {
            SpoolBatch? batch = await spool.ReadAsync(range.Epoch, next, 512, 1024 * 1024, default).WaitAsync(TimeSpan.FromMinutes(2));
            if (batch is null)
            {
                range = spool.Range;
                next = range.Acknowledged + 1;
                continue;
            }

            Assert.True(batch.First == next || (batch.First > next && batch.Records[0].Gap is not null), $"asked for {next}, came {batch.First}");
            all.AddRange(batch.Records.Select((record, i) => (batch.First + (ulong)i, record)));
            next = batch.Next;
        }

        return all;
    }

    /// <summary>The law of conservation, when nothing is under way: docs/operations.md.</summary>
    /// <param name="appended">How many alerts there were since the counters began.</param>
    public static Task UntilAccountedForAsync(this RecordSpool spool, Counters counters, int appended)
    {
        counters.Add(Counter.EventsWatched, (ulong)appended - counters[Counter.EventsWatched]);
        return UntilAsync(() => Conservation.Of(counters, (ulong)spool.Status.Alerts).Unaccounted == 0);
    }

    /// <summary>Waits until everything is on disk.</summary>
    public static Task SettleAsync(this RecordSpool spool) => UntilAsync(() => spool.Status.InMemory == 0);

    public static async Task UntilAsync(Func<bool> condition)
    {
        var patience = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(patience.Elapsed < TimeSpan.FromMinutes(2), "what was waited for has not come in two minutes");
            await Task.Delay(5);
        }
    }
}
