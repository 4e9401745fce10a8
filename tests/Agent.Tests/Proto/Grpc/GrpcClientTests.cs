using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Tallyman.Grpc;
using Tallyman.V1;
using Xunit;
using Process = System.Diagnostics.Process;

namespace Tallyman.Agent.Tests.Proto.Grpc;

/// <summary>Our client against a server made with @grpc/grpc-js, which is not ours.</summary>
public sealed class GrpcClientTests : IDisposable
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(20);

    private readonly Process _server;
    private readonly GrpcChannel _channel;

    public GrpcClientTests()
    {
        (_server, Uri address) = StartServer();
        _channel = new GrpcChannel(address, KeepAlive);
    }

    public void Dispose()
    {
        _channel.Dispose();
        _server.Kill();
        _server.Dispose();
    }

    [Fact]
    public async Task Both_sides_stream_until_both_have_said_goodbye()
    {
        using GrpcCall<AgentFrame, CollectorFrame> call = Open("echo");
        Assert.Equal(1ul, (await call.ReadAsync())!.Welcome.ResumeSeq);
        for (ulong sequence = 1; sequence <= 500; sequence++)
        {
            Assert.True(await call.WriteAsync(Batch(sequence)));
            Assert.Equal(sequence, (await call.ReadAsync())!.Ack.UptoSeq);
        }

        Assert.Null(call.Status);
        call.Complete();
        Assert.Null(await call.ReadAsync());
        Assert.True(call.Status!.Value.IsOK);
        Assert.Equal("ended after 500 batches", await _server.StandardOutput.ReadLineAsync());
        Assert.Null(await call.ReadAsync());
    }

    [Fact]
    public async Task Reading_and_writing_go_on_at_the_same_time()
    {
        using GrpcCall<AgentFrame, CollectorFrame> call = Open("echo");
        await call.ReadAsync();
        Task writing = Task.Run(async () =>
        {
            for (ulong sequence = 1; sequence <= 2000; sequence++)
            {
                await call.WriteAsync(Batch(sequence));
            }

            call.Complete();
        });
        ulong last = 0;
        while (await call.ReadAsync() is CollectorFrame frame)
        {
            last = frame.Ack.UptoSeq;
        }

        await writing;
        Assert.Equal(2000ul, last);
        Assert.True(call.Status!.Value.IsOK);
    }

    [Theory]
    [InlineData(StatusCode.Cancelled)]
    [InlineData(StatusCode.InvalidArgument)]
    [InlineData(StatusCode.PermissionDenied)]
    [InlineData(StatusCode.ResourceExhausted)]
    [InlineData(StatusCode.FailedPrecondition)]
    [InlineData(StatusCode.Internal)]
    [InlineData(StatusCode.Unavailable)]
    [InlineData(StatusCode.DataLoss)]
    [InlineData(StatusCode.Unauthenticated)]
    public async Task An_error_comes_with_its_code_and_its_words(StatusCode code)
    {
        using GrpcCall<AgentFrame, CollectorFrame> call = Open($"fail:{(int)code}");
        Assert.NotNull((await call.ReadAsync())!.Welcome);
        Assert.Null(await call.ReadAsync());
        Assert.Equal(new GrpcStatus(code, "zu viel: 100% für\nheute"), call.Status);
        Assert.False(await EventuallyRefusesAsync(call));
    }

    [Fact]
    public async Task A_refusal_at_once_is_an_error_too()
    {
        (Process server, Uri address) = StartServer("refuse");
        using (server)
        using (var channel = new GrpcChannel(address, KeepAlive))
        using (GrpcCall<AgentFrame, CollectorFrame> call = channel.Open(IngestMethods.Stream, Options()))
        {
            Assert.Null(await call.ReadAsync());
            Assert.Equal(new GrpcStatus(StatusCode.Unauthenticated, "who are you?"), call.Status);
            server.Kill();
        }
    }

    [Fact]
    public async Task A_method_that_is_not_there_is_unimplemented()
    {
        var method = new GrpcMethod<AgentFrame, CollectorFrame>("/tallyman.v1.Ingest/Nothing", AgentFrame.Parser, CollectorFrame.Parser);
        using GrpcCall<AgentFrame, CollectorFrame> call = _channel.Open(method, Options());
        Assert.Null(await call.ReadAsync());
        Assert.Equal(StatusCode.Unimplemented, call.Status!.Value.Code);
    }

    [Fact]
    public async Task A_deadline_ends_the_call_on_both_sides()
    {
        using GrpcCall<AgentFrame, CollectorFrame> call = Open("silent", Options() with { Deadline = TimeSpan.FromMilliseconds(300) });
        Assert.Null(await call.ReadAsync());
        Assert.Equal(StatusCode.DeadlineExceeded, call.Status!.Value.Code);
        Assert.Equal("cancelled", await _server.StandardOutput.ReadLineAsync());
    }

    [Fact]
    public async Task Giving_up_ends_the_call_on_both_sides()
    {
        using var cancel = new CancellationTokenSource();
        using GrpcCall<AgentFrame, CollectorFrame> call = Open("echo", new GrpcCallOptions(TimeProvider.System, cancel.Token));
        Assert.NotNull(await call.ReadAsync());
        cancel.Cancel();
        Assert.Null(await call.ReadAsync());
        Assert.Equal(StatusCode.Cancelled, call.Status!.Value.Code);
        Assert.Equal("cancelled", await _server.StandardOutput.ReadLineAsync());
    }

    [Fact]
    public async Task A_message_beyond_the_limit_ends_the_call_and_one_at_the_limit_does_not()
    {
        using (GrpcCall<AgentFrame, CollectorFrame> call = Open("big:4000000"))
        {
            Assert.Equal(4_000_000, (await call.ReadAsync())!.Nack.Detail.Length);
        }

        using (GrpcCall<AgentFrame, CollectorFrame> call = Open("big:5000000"))
        {
            Assert.Null(await call.ReadAsync());
            Assert.Equal(StatusCode.ResourceExhausted, call.Status!.Value.Code);
        }
    }

    [Fact]
    public async Task Many_messages_in_one_go_are_taken_apart()
    {
        using GrpcCall<AgentFrame, CollectorFrame> call = Open("many:10000");
        for (ulong sequence = 1; sequence <= 10_000; sequence++)
        {
            Assert.Equal(sequence, (await call.ReadAsync())!.Ack.UptoSeq);
        }
    }

    [Fact]
    public async Task A_server_that_dies_is_unavailable()
    {
        using GrpcCall<AgentFrame, CollectorFrame> call = Open("echo");
        Assert.NotNull(await call.ReadAsync());
        _server.Kill();
        Assert.Null(await call.ReadAsync());
        Assert.Contains(call.Status!.Value.Code, new[] { StatusCode.Unavailable, StatusCode.Internal });
        Assert.False(await EventuallyRefusesAsync(call));
    }

    [Fact]
    public async Task Where_nobody_listens_it_is_unavailable()
    {
        // Bound and not listening: nobody else can come to listen there meanwhile.
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var address = new Uri($"http://{closed.LocalEndPoint}");
        using var channel = new GrpcChannel(address, KeepAlive);
        using GrpcCall<AgentFrame, CollectorFrame> call = channel.Open(IngestMethods.Stream, Options());

        Assert.False(await call.WriteAsync(Hello("x")));
        Assert.Null(await call.ReadAsync());
        Assert.Equal(StatusCode.Unavailable, call.Status!.Value.Code);
    }

    [Fact]
    public async Task Who_hangs_up_before_answering_is_unavailable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var channel = new GrpcChannel(new Uri($"http://{listener.LocalEndpoint}"), KeepAlive);
        using GrpcCall<AgentFrame, CollectorFrame> call = channel.Open(IngestMethods.Stream, Options());
        (await listener.AcceptTcpClientAsync()).Dispose();

        Assert.Null(await call.ReadAsync());
        Assert.Equal(StatusCode.Unavailable, call.Status!.Value.Code);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("")]
    public async Task A_server_that_speaks_something_else_is_a_status_too(string answer)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = Task.Run(async () =>
        {
            using TcpClient client = await listener.AcceptTcpClientAsync();
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(answer));
            client.Client.Shutdown(SocketShutdown.Send);
            await client.GetStream().CopyToAsync(Stream.Null);
        });
        using (var channel = new GrpcChannel(new Uri($"http://{listener.LocalEndpoint}"), KeepAlive))
        using (GrpcCall<AgentFrame, CollectorFrame> call = channel.Open(IngestMethods.Stream, Options()))
        {
            Assert.Null(await call.ReadAsync());
            Assert.False(call.Status!.Value.IsOK);
        }

        await serving.ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    [Fact]
    public async Task A_peer_that_is_silent_is_asked_and_given_up()
    {
        // It takes the connection and says that it speaks HTTP/2, and then nothing.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var channel = new GrpcChannel(new Uri($"http://{listener.LocalEndpoint}"), TimeSpan.FromSeconds(2));
        using GrpcCall<AgentFrame, CollectorFrame> call = channel.Open(IngestMethods.Stream, Options());
        using TcpClient client = await listener.AcceptTcpClientAsync();
        await client.GetStream().WriteAsync(Convert.FromHexString("000000040000000000")); // SETTINGS

        Assert.Null(await call.ReadAsync());
        Assert.False(call.Status!.Value.IsOK);
    }

    private static GrpcCallOptions Options() => new(TimeProvider.System, CancellationToken.None);

    private static AgentFrame Hello(string scenario) => new() { Hello = new Hello { AgentId = scenario, FirstSeq = 1, NextSeq = 1 } };

    private static AgentFrame Batch(ulong sequence)
    {
        var batch = new Batch { FirstSeq = sequence };
        batch.Records.Add(new V1.Record { Alert = new V1.Alert { Id = sequence.ToString(CultureInfo.InvariantCulture) } });
        return new AgentFrame { Batch = batch };
    }

    private static async Task<bool> EventuallyRefusesAsync(GrpcCall<AgentFrame, CollectorFrame> call)
    {
        for (int i = 0; i < 1000; i++)
        {
            if (!await call.WriteAsync(Hello("x")))
            {
                return false;
            }
        }

        return true;
    }

    private static (Process Server, Uri Address) StartServer(params string[] arguments)
    {
        Process server = Process.Start(new ProcessStartInfo("node", [Repository.Path("tests/interop/server.js"), .. arguments]) { RedirectStandardOutput = true })!;
        string port = server.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the grpc-js server does not start: has 'make setup' installed tests/interop?");
        return (server, new Uri($"http://127.0.0.1:{port}"));
    }

    private GrpcCall<AgentFrame, CollectorFrame> Open(string scenario, GrpcCallOptions? options = null)
    {
        GrpcCall<AgentFrame, CollectorFrame> call = _channel.Open(IngestMethods.Stream, options ?? Options());
        Assert.True(call.WriteAsync(Hello(scenario)).AsTask().GetAwaiter().GetResult());
        return call;
    }
}
