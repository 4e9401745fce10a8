using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Sockets;

/// <summary>socat: two addresses TYPE:PARAMETER:…,OPTION,… as in its manual, 1.7 and 1.8; either may be two of them, joined by "!!".</summary>
internal static class Socat
{
    private static readonly Options Options = new("bLtTWrRlS", "statistics");

    public static void Read(SocketReading reading, int from)
    {
        foreach (Option option in Options.Read(reading.Argv, from))
        {
            if (option.IsOperand)
            {
                foreach (string address in reading.Text(option).Split("!!"))
                {
                    ReadAddress(reading, address, option.ValueArg);
                }
            }
        }
    }

    private static void ReadAddress(SocketReading reading, string text, int arg)
    {
        // Quotes and backslashes protect what they stand around; nothing here needs them.
        string address = text.Replace("\"", "", StringComparison.Ordinal).Replace("'", "", StringComparison.Ordinal).Replace("\\", "", StringComparison.Ordinal);
        string[] parts = address.Split(',')[0].Split(':');
        string type = parts[0].ToUpperInvariant();
        if (type.StartsWith("UNIX", StringComparison.Ordinal) || type.StartsWith("ABSTRACT", StringComparison.Ordinal) || type is "GOPEN" or "OPEN" || address is ['/' or '.', ..])
        {
            string path = parts[^1];
            if (RuntimeSockets.IsSocket(path))
            {
                reading.AddSocket(path, arg);
            }
        }
        else if (IsConnecting(type) && parts.Length >= 3 && Endpoint.PortOf(parts[^1]) is int port && RuntimeSockets.Ports.Contains(port))
        {
            // The host before it may be an IPv6 address in brackets.
            reading.AddAddress(string.Join(':', type.StartsWith("SOCKS", StringComparison.Ordinal) || type.StartsWith("PROXY", StringComparison.Ordinal) ? parts[2..] : parts[1..]), arg);
        }
    }

    private static bool IsConnecting(string type) =>
        type is "TCP" or "TCP4" or "TCP6" or "TCP-CONNECT" or "TCP4-CONNECT" or "TCP6-CONNECT" or "INET" or "INET4" or "INET6" or "OPENSSL" or "OPENSSL-CONNECT"
            or "SSL" or "SSL-CONNECT" or "SOCKS" or "SOCKS4" or "SOCKS4A" or "SOCKS5" or "SOCKS5-CONNECT" or "PROXY" or "PROXY-CONNECT";
}
