using System.Net;
using System.Net.Sockets;

namespace Tallyman.Agent.Local;

/// <summary>Where people and programs of this host may ask: an address and port of loopback, or a socket in the file system.</summary>
/// <param name="Path">Null for TCP.</param>
internal sealed record ListenAddress(EndPoint Address, string? Path)
{
    private const string UnixPrefix = "unix:";

    /// <summary>What bind(2) takes of a path.</summary>
    private const int LongestPath = 107;

    public static ListenAddress OfPath(string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        return System.Text.Encoding.UTF8.GetByteCount(full) <= LongestPath
            ? new ListenAddress(new UnixDomainSocketEndPoint(full), full)
            : throw new FormatException($"the path of a socket has {LongestPath} bytes at most, and {full} has more");
    }

    /// <param name="text"><c>127.0.0.1:9760</c>, <c>[::1]:9760</c> or <c>unix:/path</c>.</param>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static ListenAddress Parse(string text) => text switch
    {
        _ when text.StartsWith(UnixPrefix + "/", StringComparison.Ordinal) => OfPath(text[UnixPrefix.Length..]),
        _ when IPEndPoint.TryParse(text, out IPEndPoint? address) && address.Port > 0 => IPAddress.IsLoopback(address.Address)
            ? new ListenAddress(address, null)
            : throw new FormatException($"only this host may ask, so the address must be of loopback, is {address.Address}"),
        _ => throw new FormatException($"an address is like 127.0.0.1:9760, [::1]:9760 or unix:/run/tallyman/metrics.sock, is '{text}'"),
    };

    public override string ToString() => Path ?? Address.ToString()!;
}
