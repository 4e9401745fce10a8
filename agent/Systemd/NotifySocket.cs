using System.Net.Sockets;
using System.Text;

namespace Tallyman.Agent.Systemd;

/// <summary>Where a service manager listens, as sd_notify(3) has it: a datagram for each message, and no answer.</summary>
internal sealed class NotifySocket : IDisposable
{
    /// <summary>A queue of such a socket has room for few messages, and a manager may be busy.</summary>
    private const int PatienceMilliseconds = 1000;

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { SendTimeout = PatienceMilliseconds };
    private readonly UnixDomainSocketEndPoint _address;

    private NotifySocket(UnixDomainSocketEndPoint address) => _address = address;

    /// <param name="address">A path, or @ and a name without one.</param>
    /// <returns>Null if that is no address of a socket here.</returns>
    public static NotifySocket? Open(string? address)
    {
        try
        {
            return address switch
            {
                ['/', _, ..] => new NotifySocket(new UnixDomainSocketEndPoint(address)),
                ['@', _, ..] => new NotifySocket(new UnixDomainSocketEndPoint('\0' + address[1..])),
                _ => null,
            };
        }
        catch (ArgumentOutOfRangeException)
        {
            return null; // longer than any address
        }
    }

    /// <param name="message">VARIABLE=VALUE, one a line.</param>
    /// <returns>False if nobody takes it.</returns>
    public bool TrySend(string message)
    {
        try
        {
            _socket.SendTo(Encoding.UTF8.GetBytes(message), _address);
            return true;
        }
        catch (SocketException)
        {
            return false; // the next one may be taken: a manager that starts anew makes its socket anew
        }
    }

    public void Dispose() => _socket.Dispose();
}
