using System.Net.Sockets;
using System.Text;
using Tallyman.Agent.Local;
using Xunit;

namespace Tallyman.Agent.Tests.Local;

public class LocalServerTests
{
    private const string Request = "GET /page HTTP/1.1\r\nHost: x\r\n\r\n";

    [Theory]
    [InlineData(Request, 200)]
    [InlineData("GET /page?name=value HTTP/1.0\r\n\r\n", 200)]
    [InlineData("GET /page HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\nGET /page HTTP/1.1\r\n\r\n", 200)]
    [InlineData("GET /other HTTP/1.1\r\n\r\n", 404)]
    [InlineData("GET /page/../page HTTP/1.1\r\n\r\n", 404)]
    [InlineData("POST /page HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", 405)]
    [InlineData("HEAD /page HTTP/1.1\r\n\r\n", 405)]
    [InlineData("get /page HTTP/1.1\r\n\r\n", 405)]
    [InlineData("GET http://x/page HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET /page\r\n\r\n", 400)]
    [InlineData("GET /page HTTP/2\r\n\r\n", 400)]
    [InlineData("\r\n\r\n", 400)]
    [InlineData(" / HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET  HTTP/1.1\r\n\r\n", 400)]
    [InlineData("\u0016\u0003\u0001\u0002\0\r\n\r\n", 400)]
    public async Task A_request_has_one_answer_and_the_connection_ends(string request, int status)
    {
        await using var server = new SomeServer();
        string answer = await server.AskAsync(request);

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: close\r\n", answer, StringComparison.Ordinal);
        Assert.Equal(2, answer.Split("\r\n\r\n").Length);
        Assert.Equal(status == 200, answer.EndsWith("\r\n\r\nhello\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_request_that_comes_byte_by_byte_is_a_request()
    {
        await using var server = new SomeServer();
        using Socket client = await server.ConnectAsync();
        foreach (byte each in Encoding.ASCII.GetBytes(Request))
        {
            await client.SendAsync(new[] { each });
        }

        Assert.EndsWith("hello\n", await SomeServer.ReadToEndAsync(client), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpRequest.Longest - 1)]
    [InlineData(HttpRequest.Longest)]
    [InlineData(HttpRequest.Longest * 16)]
    public async Task A_request_without_end_is_cut_off(int length)
    {
        await using var server = new SomeServer();
        string answer = await server.AskAsync("GET /page HTTP/1.1\r\nX: " + new string('x', length));

        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 431 ", StringComparison.Ordinal), answer);
        Assert.EndsWith("hello\n", await server.AskAsync(Request), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_is_slow_has_to_go()
    {
        var clock = new ClockByHand();
        await using var server = new SomeServer(clock);
        using Socket client = await server.ConnectAsync();
        await client.SendAsync("GET /pa"u8.ToArray());
        using Socket silent = await server.ConnectAsync();
        Assert.EndsWith("hello\n", await server.AskAsync(Request), StringComparison.Ordinal); // so that they have been accepted

        clock.Advance(LocalServer.Patience);
        Assert.Empty(await SomeServer.ReadToEndAsync(client));
        Assert.Empty(await SomeServer.ReadToEndAsync(silent));
    }

    [Fact]
    public async Task Those_that_say_nothing_keep_nobody_out()
    {
        await using var server = new SomeServer(new ClockByHand());
        var silent = new List<Socket>();
        for (int i = 0; i < LocalServer.MostClients * 3; i++)
        {
            silent.Add(await server.ConnectAsync());
        }

        Assert.EndsWith("hello\n", await server.AskAsync(Request), StringComparison.Ordinal);
        Assert.Empty(await SomeServer.ReadToEndAsync(silent[0])); // the first had to go
        silent.ForEach(static client => client.Dispose());
    }

    [Fact]
    public async Task A_page_that_fails_is_an_answer_too()
    {
        await using var server = new SomeServer(page: static () => throw new InvalidOperationException("secret"));
        string answer = await server.AskAsync(Request);

        Assert.StartsWith("HTTP/1.1 500 ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whatever_bytes_come_it_goes_on()
    {
        const int Seed = 20261122;
        var random = new Random(Seed);
        await using var server = new SomeServer();
        for (int i = 0; i < 500; i++)
        {
            byte[] request = Encoding.Latin1.GetBytes(Request);
            for (int change = random.Next(1, 8); change > 0; change--)
            {
                request[random.Next(request.Length)] = (byte)random.Next(256);
            }

            using Socket client = await server.ConnectAsync();
            await client.SendAsync(request);
            client.Shutdown(SocketShutdown.Send);
            string answer = await SomeServer.ReadToEndAsync(client);
            Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal), $"seed {Seed}, request {i}: {Convert.ToHexString(request)} gives {answer}");
        }

        Assert.EndsWith("hello\n", await server.AskAsync(Request), StringComparison.Ordinal);
    }
}
