using Tallyman.Collector.Ingest;
using Tallyman.Collector.Store;
using Tallyman.Grpc;
using Tallyman.V1;
using Xunit;
using static Tallyman.Collector.Tests.Messages;

namespace Tallyman.Collector.Tests.Ingest;

/// <summary>Who is sent away and when, and who is missed.</summary>
public sealed class StreamLifeTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new(Time);
    private CollectorFixture _collector = null!;
    private GrpcChannel _channel = null!;

    public async Task InitializeAsync()
    {
        _collector = await CollectorFixture.StartAsync(time: _clock);
        _channel = _collector.Channel();
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _collector.DisposeAsync();
    }

    [Fact]
    public async Task The_newest_stream_of_an_agent_wins()
    {
        using GrpcCall<AgentFrame, CollectorFrame> older = await OpenAsync(Hello());
        await older.WriteAsync(Batch(1, Alert("a")));
        Assert.Equal(1ul, (await older.ReadAsync())!.Ack.UptoSeq);

        using GrpcCall<AgentFrame, CollectorFrame> newer = await OpenAsync(Hello(first: 1, next: 2));
        Assert.Equal("another stream of this agent is newer", (await older.ReadAsync())!.GoAway.Reason);
        await older.WriteAsync(Batch(2, Alert("late")));
        Assert.Null(await older.ReadAsync());
        Assert.Equal(new GrpcStatus(StatusCode.Aborted, "another stream of this agent is newer"), older.Status);

        await newer.WriteAsync(Batch(2, Alert("b")));
        Assert.Equal(2ul, (await newer.ReadAsync())!.Ack.UptoSeq);
        Assert.Equal(["a", "b"], (await _collector.StoredAsync()).Select(static stored => stored.Alert.Id).Order());
        newer.Complete();
        await _collector.StopAsync();
        Assert.Equal([FindingKind.AgentIdTwice], (await _collector.FindingsAsync()).Select(static finding => finding.Kind));
    }

    [Fact]
    public async Task An_old_stream_is_sent_away_and_what_is_under_way_is_still_taken()
    {
        using GrpcCall<AgentFrame, CollectorFrame> call = await OpenAsync(Hello());
        for (int minute = 0; minute < 29; minute++)
        {
            await AdvanceAsync(call, TimeSpan.FromMinutes(1));
        }

        Task<CollectorFrame?> leaving = call.ReadAsync().AsTask();
        Assert.False(leaving.IsCompleted);
        _clock.Advance(TimeSpan.FromMinutes(31.5));
        CollectorFrame? frame = await leaving;
        Assert.True(frame?.GoAway is { ReconnectAfterMilliseconds: > 0 }, $"{frame}");

        await call.WriteAsync(Batch(1, Alert("a")));
        Assert.Equal(1ul, (await call.ReadAsync())!.Ack.UptoSeq);
        call.Complete();
        Assert.Null(await call.ReadAsync());
        Assert.Equal(GrpcStatus.OK, call.Status);
    }

    [Fact]
    public async Task A_collector_that_stops_sends_everybody_away_and_stores_what_is_under_way()
    {
        using GrpcCall<AgentFrame, CollectorFrame> call = await OpenAsync(Hello());
        Task stopping = _collector.StopAsync();
        Assert.Equal(("the collector stops", 30_000u), ((await call.ReadAsync())!.GoAway is var away ? (away.Reason, away.ReconnectAfterMilliseconds) : default));
        await call.WriteAsync(Batch(1, Alert("a")));
        Assert.Equal(1ul, (await call.ReadAsync())!.Ack.UptoSeq);
        call.Complete();
        await stopping;
        Assert.Single(await _collector.StoredAsync());
    }

    [Fact]
    public async Task A_host_that_misses_three_heartbeats_is_found_silent_until_it_is_back()
    {
        using (GrpcCall<AgentFrame, CollectorFrame> call = await OpenAsync(Hello("lost")))
        {
            await call.WriteAsync(Heartbeat());
            call.Complete();
            Assert.Null(await call.ReadAsync()); // all of it has been heard, before time passes
        }

        using GrpcCall<AgentFrame, CollectorFrame> other = await OpenAsync(Hello("other"));
        await AdvanceAsync(other, TimeSpan.FromSeconds(20));
        await AdvanceAsync(other, TimeSpan.FromSeconds(20));
        await AdvanceAsync(other, TimeSpan.FromSeconds(19));
        Assert.Empty(await _collector.FindingsAsync());

        await AdvanceAsync(other, TimeSpan.FromSeconds(10));
        Finding finding = await FindingAsync(static finding => finding.Kind == FindingKind.HostSilent);
        Assert.Equal(new Finding("lost", FindingKind.HostSilent, Time, null, 1, ""), finding);

        await AdvanceAsync(other, TimeSpan.FromSeconds(20));
        using GrpcCall<AgentFrame, CollectorFrame> back = await OpenAsync(Hello("lost"));
        DateTimeOffset returned = _clock.GetUtcNow();
        await AdvanceAsync(other, TimeSpan.FromSeconds(20));
        await AdvanceAsync(other, TimeSpan.FromSeconds(15));
        Assert.Equal(returned, (await FindingAsync(static finding => finding.Until is not null)).Until);
    }

    [Fact]
    public async Task A_host_that_never_comes_back_to_a_collector_that_was_restarted_is_missed_too()
    {
        using (GrpcCall<AgentFrame, CollectorFrame> call = await OpenAsync(Hello("lost")))
        {
            await call.WriteAsync(Heartbeat());
        }

        await _collector.RestartAsync();
        Assert.Equal("lost", (await FindingAsync(static finding => finding.Kind == FindingKind.HostSilent, meanwhile: TimeSpan.FromSeconds(30))).AgentId);
        Assert.True(_clock.GetUtcNow() - Time >= FleetKeeper.SilentElsewhere);
    }

    [Fact]
    public async Task A_gap_stands_for_all_that_has_not_come()
    {
        using GrpcCall<AgentFrame, CollectorFrame> call = await OpenAsync(Hello(first: 4, next: 6));
        await call.WriteAsync(Batch(4, Gap(), Alert("a")));
        Assert.Equal(5ul, (await call.ReadAsync())!.Ack.UptoSeq);
        await call.WriteAsync(Batch(6, Alert("b")));
        Assert.Equal(6ul, (await call.ReadAsync())!.Ack.UptoSeq);
    }

    [Fact]
    public async Task An_agent_that_knows_less_than_it_has_sent_is_a_finding()
    {
        const string Kind = FindingKind.SequenceRewound;
        const string Detail = "the agent is at record 1, stored are those before 2";
        using (GrpcCall<AgentFrame, CollectorFrame> call = await OpenAsync(Hello()))
        {
            await call.WriteAsync(Batch(1, Alert("a")));
            await call.ReadAsync();
        }

        using GrpcCall<AgentFrame, CollectorFrame> again = await OpenAsync(Hello(first: 1, next: 1));
        again.Complete();
        await _collector.StopAsync();
        Finding finding = Assert.Single(await _collector.FindingsAsync());
        Assert.Equal(("agent", Kind, Detail), (finding.AgentId, finding.Kind, finding.Detail));
    }

    [Fact]
    public async Task The_same_again_is_one_finding_that_counts()
    {
        for (int i = 0; i < 5; i++)
        {
            using GrpcCall<AgentFrame, CollectorFrame> call = await OpenAsync(Hello());
            await call.WriteAsync(Batch(9, Alert("a")));
            Assert.Null(await call.ReadAsync());
        }

        await _collector.StopAsync();
        Finding finding = Assert.Single(await _collector.FindingsAsync(), static finding => finding.Kind == FindingKind.SequenceHole);
        Assert.Equal((5, "FailedPrecondition: the batch must begin with record 1, or with a gap for what is missing, begins with 9"), (finding.Count, finding.Detail));
    }

    [Fact]
    public async Task What_a_collector_counts_is_stored_under_its_name()
    {
        using GrpcCall<AgentFrame, CollectorFrame> call = await OpenAsync(Hello());
        await call.WriteAsync(Batch(1, Alert("a"), new V1.Record()));
        Assert.NotNull((await call.ReadAsync())!.Nack);
        Assert.NotNull((await call.ReadAsync())!.Ack);
        call.Complete();
        await _collector.StopAsync();

        await using IStoreReader reader = await _collector.OpenReaderAsync();
        CollectorState state = Assert.Single(await reader.ReadCollectorsAsync().ToListAsync());
        Assert.Contains("\"streams\":1,\"records_stored\":1,\"records_refused\":1,", state.Counters, StringComparison.Ordinal);
    }

    /// <summary>Time passes, and this agent goes on saying that it is there.</summary>
    private async Task AdvanceAsync(GrpcCall<AgentFrame, CollectorFrame> call, TimeSpan by)
    {
        _clock.Advance(by);
        await call.WriteAsync(Heartbeat());
        AgentStream other = _collector.Service<Collector.Ingest.Fleet>().Streams.Single(static stream => stream.Place.AgentId is "other" or "agent");
        while (other.Silence > TimeSpan.Zero)
        {
            await Task.Delay(1);
        }
    }

    private async Task<Finding> FindingAsync(Func<Finding, bool> isIt, TimeSpan meanwhile = default)
    {
        while (true)
        {
            if ((await _collector.FindingsAsync()).FirstOrDefault(isIt) is Finding finding)
            {
                return finding;
            }

            _clock.Advance(meanwhile);
            await Task.Delay(10);
        }
    }

    private async Task<GrpcCall<AgentFrame, CollectorFrame>> OpenAsync(AgentFrame hello)
    {
        GrpcCall<AgentFrame, CollectorFrame> call = CollectorFixture.Open(_channel);
        await call.WriteAsync(hello);
        Assert.NotNull((await call.ReadAsync())!.Welcome);
        return call;
    }
}
