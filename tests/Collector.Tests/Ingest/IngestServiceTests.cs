using Google.Protobuf.WellKnownTypes;
using Microsoft.Data.Sqlite;
using Tallyman.Grpc;
using Tallyman.V1;
using Xunit;
using static Tallyman.Collector.Tests.Messages;

namespace Tallyman.Collector.Tests.Ingest;

public sealed class IngestServiceTests : IAsyncLifetime
{
    private CollectorFixture _collector = null!;
    private GrpcChannel _channel = null!;

    public async Task InitializeAsync()
    {
        _collector = await CollectorFixture.StartAsync();
        _channel = _collector.Channel();
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _collector.DisposeAsync();
    }

    [Fact]
    public async Task What_is_acknowledged_is_stored()
    {
        using GrpcCall<AgentFrame, CollectorFrame> call = await OpenAsync(Hello());
        await call.WriteAsync(Batch(1, Alert("a"), Alert("b")));
        Assert.Equal(2ul, (await call.ReadAsync())!.Ack.UptoSeq);

        Assert.Equal([(1ul, "a"), (2ul, "b")], (await _collector.StoredAsync()).Select(static stored => (stored.Sequence, stored.Alert.Id)));
        call.Complete();
        Assert.Null(await call.ReadAsync());
        Assert.Equal(GrpcStatus.OK, call.Status);
    }

    [Fact]
    public async Task An_agent_that_comes_back_goes_on_where_it_was()
    {
        using (GrpcCall<AgentFrame, CollectorFrame> call = await OpenAsync(Hello()))
        {
            await call.WriteAsync(Batch(1, Alert("a"), Alert("b")));
            await call.ReadAsync();
        }

        await _collector.RestartAsync();
        using GrpcChannel channel = _collector.Channel();
        using GrpcCall<AgentFrame, CollectorFrame> again = CollectorFixture.Open(channel);
        await again.WriteAsync(Hello(first: 1, next: 5));
        Assert.Equal(3ul, (await again.ReadAsync())!.Welcome.ResumeSeq);
    }

    [Theory]
    [InlineData(1ul, 1ul, 10ul, 1ul)] // nothing is stored yet
    [InlineData(1ul, 4ul, 10ul, 1ul)] // the agent tells what it has lost of what came before
    [InlineData(2ul, 1ul, 10ul, 1ul)] // another epoch is another count
    public async Task The_place_to_go_on_is_the_one_behind_what_is_stored(ulong epoch, ulong first, ulong next, ulong resume)
    {
        using (GrpcCall<AgentFrame, CollectorFrame> other = await OpenAsync(Hello("other")))
        {
            await other.WriteAsync(Batch(1, Alert("x"), Alert("y")));
            await other.ReadAsync();
        }

        using GrpcCall<AgentFrame, CollectorFrame> call = CollectorFixture.Open(_channel);
        await call.WriteAsync(Hello(epoch: epoch, first: first, next: next));
        Assert.Equal(resume, (await call.ReadAsync())!.Welcome.ResumeSeq);
    }

    [Fact]
    public async Task One_execution_is_one_row_whoever_reports_it()
    {
        for (int i = 0; i < 3; i++)
        {
            using GrpcCall<AgentFrame, CollectorFrame> call = await OpenAsync(Hello($"agent-{i}"));
            await call.WriteAsync(Batch(1, Alert("same"), Alert($"own{i}")));
            Assert.Equal(2ul, (await call.ReadAsync())!.Ack.UptoSeq);
        }

        Assert.Equal(["own0", "own1", "own2", "same"], (await _collector.StoredAsync()).Select(static stored => stored.Alert.Id).Order());
    }

    [Fact]
    public async Task A_record_that_cannot_be_stored_is_refused_by_its_number_and_those_beside_it_are_not()
    {
        var broken = new V1.Record { Alert = new Alert { Id = "no letters; but signs" } };
        using GrpcCall<AgentFrame, CollectorFrame> call = await OpenAsync(Hello());
        await call.WriteAsync(Batch(1, Alert("a"), broken, new V1.Record(), Alert("d")));

        Assert.Equal(2ul, (await call.ReadAsync())!.Nack.Seq);
        Assert.Equal(3ul, (await call.ReadAsync())!.Nack.Seq);
        Assert.Equal(4ul, (await call.ReadAsync())!.Ack.UptoSeq);
        Assert.Equal([(1ul, "a"), (4ul, "d")], (await _collector.StoredAsync()).Select(static stored => (stored.Sequence, stored.Alert.Id)));
    }

    [Fact]
    public async Task What_the_store_does_not_take_is_refused_alone()
    {
        await using (var store = new SqliteConnection($"Data Source={Path.Combine(_collector.Directory, "tallyman.db")};Pooling=False"))
        {
            await store.OpenAsync();
            using SqliteCommand command = store.CreateCommand();
            command.CommandText = "CREATE TRIGGER never BEFORE INSERT ON alerts WHEN NEW.id LIKE 'poison%' BEGIN SELECT RAISE(ABORT, 'not this one'); END";
            command.ExecuteNonQuery();
        }

        using GrpcCall<AgentFrame, CollectorFrame> call = await OpenAsync(Hello());
        await call.WriteAsync(Batch(1, Alert("poison1"), Alert("b"), Gap(), Alert("d"), Alert("poison2"), Alert("poison3")));
        foreach (ulong sequence in new ulong[] { 1, 5, 6 })
        {
            Nack nack = (await call.ReadAsync())!.Nack;
            Assert.Equal(sequence, nack.Seq);
            Assert.Contains("not this one", nack.Detail, StringComparison.Ordinal);
        }

        Assert.Equal(6ul, (await call.ReadAsync())!.Ack.UptoSeq);
        await call.WriteAsync(Batch(7, Alert("g")));
        Assert.Equal(7ul, (await call.ReadAsync())!.Ack.UptoSeq);
        Assert.Equal([(2ul, "b"), (4ul, "d"), (7ul, "g")], (await _collector.StoredAsync()).Select(static stored => (stored.Sequence, stored.Alert.Id)));
    }

    [Fact]
    public async Task Gaps_and_what_agents_did_and_counted_are_stored_too()
    {
        using GrpcCall<AgentFrame, CollectorFrame> call = await OpenAsync(Hello());
        await call.WriteAsync(Heartbeat());
        await call.WriteAsync(Batch(1, Gap(), Trail()));
        await call.ReadAsync();
        call.Complete();
        await _collector.StopAsync();

        Assert.Equal("ring_full 7 1 1000000", Query("SELECT reason || ' ' || count || ' ' || count_is_exact || ' ' || (last - first) FROM gaps"));
        Assert.Equal("agent_start 1.0", Query("SELECT what || ' ' || detail FROM audit_trail"));
        Assert.Equal("host-of-agent {\"alerts\":3,\"seen\":18446744073709551615}", Query("SELECT host || ' ' || counters FROM heartbeats"));
    }

    [Fact]
    public async Task A_stream_that_begins_with_anything_but_a_greeting_is_refused() =>
        await RefusesAsync(StatusCode.InvalidArgument, "the first frame must be a Hello, is Batch", Batch(1, Alert("a")));

    [Fact]
    public async Task Batches_follow_each_other_without_holes() =>
        await RefusesAsync(StatusCode.FailedPrecondition, "the batch must begin with record 1, or with a gap for what is missing, begins with 3", Hello(), Batch(3, Alert("a")));

    [Fact]
    public async Task A_second_greeting_is_refused() =>
        await RefusesAsync(StatusCode.InvalidArgument, "a frame must be a Batch or a Heartbeat here, is Hello", Hello(), Hello());

    [Fact]
    public async Task An_empty_batch_is_refused() =>
        await RefusesAsync(StatusCode.InvalidArgument, "a batch must have records, has none", Hello(), Batch(1));

    [Theory]
    [InlineData("", 1ul, 1ul, "agent_id must have 1 to 128 characters, has 0")]
    [InlineData("a", 0ul, 1ul, "first_seq must be 1 or more and next_seq no less, are 0 and 1")]
    [InlineData("a", 5ul, 4ul, "first_seq must be 1 or more and next_seq no less, are 5 and 4")]
    [InlineData("a", 1ul, ulong.MaxValue, "first_seq must be 1 or more and next_seq no less, are 1 and 18446744073709551615")]
    public async Task A_greeting_that_makes_no_sense_is_refused(string agent, ulong first, ulong next, string reason) =>
        await RefusesAsync(StatusCode.InvalidArgument, reason, Hello(agent, first: first, next: next));

    [Fact]
    public async Task Many_agents_at_once_each_get_their_own()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async agent =>
        {
            using GrpcCall<AgentFrame, CollectorFrame> call = await OpenAsync(Hello($"agent-{agent}"));
            for (ulong sequence = 1; sequence <= 50; sequence++)
            {
                await call.WriteAsync(Batch(sequence, Alert($"a{agent}s{sequence}")));
                Assert.Equal(sequence, (await call.ReadAsync())!.Ack.UptoSeq);
            }
        }));

        Assert.Equal(1000, (await _collector.StoredAsync()).Count);
    }

    private async Task RefusesAsync(StatusCode code, string reason, params AgentFrame[] frames)
    {
        using GrpcCall<AgentFrame, CollectorFrame> call = CollectorFixture.Open(_channel);
        foreach (AgentFrame frame in frames)
        {
            await call.WriteAsync(frame);
        }

        while (await call.ReadAsync() is not null)
        {
        }

        Assert.Equal(new GrpcStatus(code, reason), call.Status);
        Assert.Empty((await _collector.StoredAsync()));
    }

    private async Task<GrpcCall<AgentFrame, CollectorFrame>> OpenAsync(AgentFrame hello)
    {
        GrpcCall<AgentFrame, CollectorFrame> call = CollectorFixture.Open(_channel);
        await call.WriteAsync(hello);
        Assert.NotNull((await call.ReadAsync())!.Welcome);
        return call;
    }

    private string? Query(string query)
    {
        using var connection = new SqliteConnection($"Data Source={_collector.Directory}/tallyman.db;Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = query;
        return command.ExecuteScalar()?.ToString();
    }
}
