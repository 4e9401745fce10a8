using Tallyman.Collector.Forward;
using Tallyman.Collector.Ingest;
using Tallyman.Collector.Store;
using Tallyman.Collector.Store.Sqlite;
using Xunit;
using static Tallyman.Collector.Tests.Messages;

namespace Tallyman.Collector.Tests.Forward;

public sealed class ForwarderTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FastTime _time = new();
    private readonly ListLogger<Forwarder> _log = new();
    private SqliteStore _store = null!;
    private ulong _next = 1;

    public Task InitializeAsync()
    {
        _store = SqliteStore.Open(_directory.Path, TimeProvider.System, TimeSpan.FromDays(3650));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _store.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Everything_is_forwarded_in_the_order_of_storing_while_more_is_stored()
    {
        await StoreAsync("c", "a");
        using var destination = new ScriptedDestination(static _ => Answer.Taken);
        await using Running running = Run(destination);
        await UntilAsync(() => destination.Taken.Count == 2);
        await StoreAsync("b");
        await UntilAsync(() => destination.Taken.Count == 3);
        Assert.Equal(["c", "a", "b"], destination.Taken);
    }

    [Fact]
    public async Task What_is_taken_is_not_sent_again_by_the_next_process()
    {
        await StoreAsync("a", "b");
        using var destination = new ScriptedDestination(static _ => Answer.Taken);
        Running first = Run(destination);
        await UntilAsync(async () => (await ProgressAsync()).Forwarded == 2);
        await first.DisposeAsync();

        await StoreAsync("c");
        await using Running second = Run(destination);
        await UntilAsync(() => destination.Taken.Count >= 3);
        Assert.Equal(["a", "b", "c"], destination.Taken);
    }

    [Fact]
    public async Task A_destination_that_is_away_gets_everything_when_it_is_back()
    {
        await StoreAsync("a");
        int attempts = 0;
        using var destination = new ScriptedDestination(_ => ++attempts <= 5 ? new Answer(Verdict.Later, "away") : Answer.Taken);
        await using Running running = Run(destination);
        await UntilAsync(() => destination.Taken.Count == 1);
        Assert.Contains(_log.Messages, static message => message.Contains("answers again, at attempt 6", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_pause_that_a_destination_asks_for_is_kept()
    {
        await StoreAsync("a");
        int attempts = 0;
        using var destination = new ScriptedDestination(_ => ++attempts == 1 ? new Answer(Verdict.Later, "busy") { After = TimeSpan.FromSeconds(77) } : Answer.Taken);
        await using Running running = Run(destination);
        await UntilAsync(() => destination.Taken.Count == 1);
        Assert.Contains(TimeSpan.FromSeconds(77), _time.Waits);
    }

    [Fact]
    public async Task What_a_person_must_mend_is_said_and_asked_for_slowly()
    {
        await StoreAsync("a");
        int attempts = 0;
        using var destination = new ScriptedDestination(_ => ++attempts <= 2 ? new Answer(Verdict.Misconfigured, "Invalid token") : Answer.Taken);
        await using Running running = Run(destination);
        await UntilAsync(() => destination.Taken.Count == 1);
        Assert.Equal(2, _time.Waits.Count(static wait => wait == TimeSpan.FromMinutes(1)));
        Assert.Contains(_log.Messages, static message => message.Contains("takes nothing until its configuration or this one is mended", StringComparison.Ordinal) && message.Contains("Invalid token", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_that_is_refused_for_ever_is_counted_and_named_and_those_beside_it_are_taken(bool isNamed)
    {
        string[] ids = [.. Enumerable.Range(0, 50).Select(static i => $"x{i:00}")];
        await StoreAsync(ids);
        using var destination = new ScriptedDestination(sent => sent.Contains("x17") || sent.Contains("x18")
            ? new Answer(Verdict.Refused, "Event field is required") { Which = isNamed ? sent.TakeWhile(static id => id is not "x17" and not "x18").Count() : null }
            : Answer.Taken);
        await using Running running = Run(destination);
        await UntilAsync(async () => await ProgressAsync() is { Refused: 2, Forwarded: 48 });
        Assert.Equal(ids.Except(["x17", "x18"]), destination.Taken);
        Assert.Contains(_log.Messages, static message => message.Contains("refuses 1 of these alerts for ever, they stay in the store only: x17: Event field is required", StringComparison.Ordinal));
        Assert.True(destination.Requests < 30, $"{destination.Requests} requests");
    }

    [Fact]
    public async Task What_a_destination_says_that_it_has_thrown_away_is_counted()
    {
        await StoreAsync("a", "b", "c");
        using var destination = new ScriptedDestination(static _ => new Answer(Verdict.Taken, "too old") { Rejected = 2 });
        await using Running running = Run(destination);
        await UntilAsync(async () => await ProgressAsync() is { Refused: 2, Forwarded: 1 });
        Assert.Contains(_log.Messages, static message => message.Contains("refuses 2 of these alerts", StringComparison.Ordinal) && message.Contains("a b c: too old", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_destination_that_counts_nonsense_does_no_harm()
    {
        await StoreAsync("a", "b");
        using var destination = new ScriptedDestination(static _ => new Answer(Verdict.Taken) { Rejected = long.MaxValue });
        await using Running running = Run(destination);
        await UntilAsync(async () => await ProgressAsync() is { Refused: 2, Forwarded: 0 });
    }

    [Fact]
    public async Task A_place_that_is_none_is_found_by_halves()
    {
        await StoreAsync("a", "b", "c");
        using var destination = new ScriptedDestination(static sent => sent.Contains("b") ? new Answer(Verdict.Refused, "no") { Which = 99 } : Answer.Taken);
        await using Running running = Run(destination);
        await UntilAsync(() => destination.Taken.Count == 2);
        Assert.Equal(["a", "c"], destination.Taken);
    }

    [Fact]
    public async Task Of_two_to_one_destination_the_second_waits_and_says_so()
    {
        await StoreAsync("a");
        using var first = new ScriptedDestination(static _ => Answer.Taken);
        using var second = new ScriptedDestination(static _ => Answer.Taken);
        Running owner = Run(first);
        await UntilAsync(() => first.Taken.Count == 1);
        await using Running waiting = Run(second);
        await UntilAsync(() => _log.Messages.Any(static message => message.Contains("Another process forwards to the test", StringComparison.Ordinal)));
        await owner.DisposeAsync();
        await StoreAsync("b");
        await UntilAsync(() => second.Taken.Count > 0);
        Assert.Equal("b", second.Taken[^1]);
    }

    [Fact]
    public async Task Whoever_is_ended_when_everything_comes_at_least_once_and_first_in_order()
    {
        int seed = Faults.Seed;
        var random = new Random(seed);
        string[] ids = [.. Enumerable.Range(0, 400).Select(static i => $"x{i:0000}")];
        await StoreAsync(ids);
        using var destination = new ScriptedDestination(sent => random.Next(6) switch
        {
            0 => new Answer(Verdict.Later, "away"),
            1 when sent.Count > 1 => new Answer(Verdict.Refused, "one of them"),
            _ => Answer.Taken,
        });
        for (int i = 0; destination.Taken.Distinct().Count() < ids.Length; i++)
        {
            Assert.True(i < 2000, $"seed {seed}: {destination.Taken.Distinct().Count()} after {i} runs");
            await using Running running = Run(destination);
            int before = destination.Requests;
            int enough = 1 + random.Next(5);
            await UntilAsync(() => destination.Requests >= before + enough || destination.Taken.Distinct().Count() == ids.Length);
        }

        Assert.Equal(ids, destination.Taken.Distinct());
    }

    private Running Run(IDestination destination)
    {
        var outbox = SqliteOutbox.Open(_directory.Path, "test", DateTimeOffset.UnixEpoch, TimeProvider.System);
        return new Running(outbox, new Forwarder(outbox, destination, _time, new Random(1), _log));
    }

    private async Task StoreAsync(params string[] ids)
    {
        foreach (string[] batch in ids.Chunk(500))
        {
            Claimed claimed = (await _store.ClaimAsync([new Claim("a", 1)]))[0];
            AgentBatch rows = BatchReader.Read(new StreamPlace("a", 1, claimed.Generation), Batch(_next, [.. batch.Select(static id => Alert(id))]).Batch, _next, []);
            _next += (ulong)batch.Length;
            Assert.Equal([true], await _store.StoreAsync([rows]));
        }
    }

    private async Task<Progress> ProgressAsync()
    {
        await using SqliteReader reader = SqliteReader.Open(_directory.Path);
        return (await reader.ReadForwardersAsync().FirstOrDefaultAsync())?.Progress ?? new Progress(0, 0, 0, 0);
    }

    private static Task UntilAsync(Func<bool> isSo) => UntilAsync(() => Task.FromResult(isSo()));

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        for (int i = 0; !await isSo(); i++)
        {
            Assert.True(i < 20_000, "it never happens");
            await Task.Delay(5);
        }
    }

    private sealed class Running : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly IOutbox _outbox;
        private readonly Task _run;

        public Running(IOutbox outbox, Forwarder forwarder) => (_outbox, _run) = (outbox, forwarder.RunAsync(_stop.Token));

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _run);
            await _outbox.DisposeAsync();
            _stop.Dispose();
        }
    }
}
