using System.Globalization;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Sockets;

/// <summary>A URL as far as it says whom to speak to and what to ask for.</summary>
/// <param name="Port">Null if it is not named.</param>
/// <param name="Target">Path and query, "/" at least.</param>
internal readonly record struct Endpoint(string Host, int? Port, string Target)
{
    /// <summary>Whether it is a port at which an engine listens.</summary>
    public bool IsOfRuntime => Port is int port && RuntimeSockets.Ports.Contains(port) && Host.Length > 0;

    public string Address => string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");

    /// <summary>Reads [SCHEME://][USER@]HOST[:PORT][/PATH][?QUERY].</summary>
    public static Endpoint OfUrl(string url)
    {
        int scheme = url.IndexOf("://", StringComparison.Ordinal);
        string rest = scheme >= 0 ? url[(scheme + 3)..] : url;
        int end = rest.AsSpan().IndexOfAny('/', '?', '#');
        string authority = end < 0 ? rest : rest[..end];
        string target = end < 0 ? "/" : rest[end..].Split('#')[0];
        authority = authority[(authority.LastIndexOf('@') + 1)..];
        int colon = authority.LastIndexOf(':');
        return colon > authority.LastIndexOf(']')
            ? new Endpoint(authority[..colon], PortOf(authority.AsSpan(colon + 1)), target)
            : new Endpoint(authority, null, target);
    }

    public static int? PortOf(ReadOnlySpan<char> text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port <= ushort.MaxValue ? port : null;
}
