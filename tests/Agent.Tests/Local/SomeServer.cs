using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Tallyman.Agent.Local;

namespace Tallyman.Agent.Tests.Local;

/// <summary>A server at a socket of its own, with a page /page.</summary>
internal sealed class SomeServer : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly LocalSocket _socket;
    private readonly Task _running;

    public SomeServer(TimeProvider? time = null, Func<Answer>? page = null, Func<ILocalStream?>? stream = null)
    {
        Path = _directory.File("socket");
        _socket = LocalSocket.Open(ListenAddress.OfPath(Path), group: null);
        var pages = new LocalPages(
            new Dictionary<string, Func<Answer>> { ["/page"] = page ?? (static () => Answer.Text(200, "hello")) },
            new Dictionary<string, Func<ILocalStream?>> { ["/stream"] = stream ?? (static () => null) });
        _running = new LocalServer(_socket, pages, time ?? TimeProvider.System, NullLogger.Instance).RunAsync(_stopping.Token);
    }

    public string Path { get; }

    public async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path));
        return socket;
    }

    /// <summary>What comes back until the server has enough.</summary>
    public async Task<string> AskAsync(ReadOnlyMemory<byte> request)
    {
        using Socket client = await ConnectAsync();
        await client.SendAsync(request);
        return await ReadToEndAsync(client);
    }

    public Task<string> AskAsync(string request) => AskAsync(Encoding.Latin1.GetBytes(request));

    public static async Task<string> ReadToEndAsync(Socket client)
    {
        var text = new StringBuilder();
        byte[] buffer = new byte[4096];
        try
        {
            while (await client.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromMinutes(2)) is int length and > 0)
            {
                text.Append(Encoding.UTF8.GetString(buffer, 0, length));
            }
        }
        catch (SocketException)
        {
            // it was closed before everything was read that was sent
        }

        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running.WaitAsync(TimeSpan.FromMinutes(2));
        _socket.Dispose();
        _stopping.Dispose();
        _directory.Dispose();
    }
}
