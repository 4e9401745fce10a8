using System.Net.Sockets;
using Google.Protobuf;
using Tallyman.Agent.Local;
using Xunit;

namespace Tallyman.Agent.Tests.Local;

public class LocalStreamTests
{
    private const string Request = "GET /stream HTTP/1.1\r\n\r\n";

    [Fact]
    public async Task Who_listens_may_stay_and_neither_time_nor_others_end_it()
    {
        var clock = new ClockByHand();
        var said = new Saying();
        await using var server = new SomeServer(clock, stream: () => said);
        using Socket listener = await server.ConnectAsync();
        await listener.SendAsync("GET /stream HTTP/1.1\r\n\r\n"u8.ToArray());
        await said.Begun.WaitAsync(TimeSpan.FromMinutes(2));
        clock.Advance(10 * LocalServer.Patience);
        for (int i = 0; i < 2 * LocalServer.MostClients; i++)
        {
            Assert.EndsWith("hello\n", await server.AskAsync("GET /page HTTP/1.1\r\n\r\n"), StringComparison.Ordinal);
        }

        said.Say();
        string answer = await SomeServer.ReadToEndAsync(listener);
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nsomething", answer, StringComparison.Ordinal);
        await said.Ended.WaitAsync(TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task Who_has_gone_is_forgotten()
    {
        var said = new Saying();
        await using var server = new SomeServer(stream: () => said);
        using (Socket listener = await server.ConnectAsync())
        {
            await listener.SendAsync("GET /stream HTTP/1.1\r\n\r\n"u8.ToArray());
            await said.Begun.WaitAsync(TimeSpan.FromMinutes(2));
        }

        await said.Ended.WaitAsync(TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task Where_too_many_listen_it_is_said()
    {
        await using var server = new SomeServer(stream: static () => null);
        Assert.StartsWith("HTTP/1.1 503 ", await server.AskAsync(Request), StringComparison.Ordinal);
        Assert.Contains("/page, /stream", await server.AskAsync("GET /other HTTP/1.1\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_come_back_whole_until_the_stream_ends_wherever_that_is()
    {
        var bytes = new MemoryStream();
        V1.Batch[] batches = [.. Enumerable.Range(0, 3).Select(static i => new V1.Batch { FirstSeq = (ulong)i, Records = { Enumerable.Range(0, i * 100).Select(static _ => new V1.Record { Trail = new V1.AuditTrail { What = "x" } }) } })];
        Array.ForEach(batches, batch => batch.WriteDelimitedTo(bytes));
        for (int length = 0; length <= bytes.Length; length++)
        {
            using var cut = new MemoryStream(bytes.ToArray()[..length]);
            var read = new List<V1.Batch>();
            while (await DelimitedMessages.ReadAsync(cut, V1.Batch.Parser, default) is V1.Batch batch)
            {
                read.Add(batch);
            }

            Assert.Equal(batches[..read.Count], read);
            Assert.True(length < bytes.Length || read.Count == batches.Length);
        }
    }

    [Theory]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff, 0x7f })]
    [InlineData(new byte[] { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80 })]
    [InlineData(new byte[] { 0x03, 0xff, 0xff, 0xff })]
    public async Task What_is_no_message_is_refused(byte[] bytes) =>
        await Assert.ThrowsAnyAsync<IOException>(() => DelimitedMessages.ReadAsync(new MemoryStream(bytes), V1.Batch.Parser, default));

    /// <summary>Says something when it is told to, and ends.</summary>
    private sealed class Saying : ILocalStream
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _say = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Begun => _begun.Task;

        public Task Ended => _ended.Task;

        public void Say() => _say.SetResult();

        public async Task WriteAsync(Stream client, CancellationToken cancel)
        {
            _begun.SetResult();
            await _say.Task.WaitAsync(cancel);
            await client.WriteAsync("something"u8.ToArray(), cancel);
        }

        public void Dispose() => _ended.SetResult();
    }
}
