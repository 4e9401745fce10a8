using System.Net.Sockets;
using System.Text;

namespace Tallyman.Agent.Tests.Systemd;

/// <summary>What systemd listens at.</summary>
internal sealed class NotifiedSocket : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly TemporaryDirectory _directory = new();

    public NotifiedSocket(bool isAbstract = false)
    {
        string path = _directory.File("notify");
        Address = isAbstract ? '@' + path : path;
        _socket.Bind(new UnixDomainSocketEndPoint(isAbstract ? '\0' + path : path));
        _socket.ReceiveTimeout = (int)TimeSpan.FromMinutes(2).TotalMilliseconds;
    }

    public string Address { get; }

    /// <summary>Waits for the next message.</summary>
    public string Receive()
    {
        byte[] message = new byte[4096];
        return Encoding.UTF8.GetString(message, 0, _socket.Receive(message));
    }

    /// <summary>Those that are here.</summary>
    public string[] ReceiveAll()
    {
        var messages = new List<string>();
        while (_socket.Available > 0)
        {
            messages.Add(Receive());
        }

        return [.. messages];
    }

    public void Dispose()
    {
        _socket.Dispose();
        _directory.Dispose();
    }
}
