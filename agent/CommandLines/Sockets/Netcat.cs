using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Sockets;

/// <summary>
/// nc, which is one of three programs: OpenBSD's, the traditional one or Nmap's ncat. Their letters differ; those that take
/// a value in one of them and none in another are read as taking none, as only hosts, ports and paths are looked for.
/// </summary>
internal static class Netcat
{
    private static readonly Options Options = new(
        "eGgIiMmOoPpqsTVWwXx",
        "sh-exec", "exec", "lua-exec", "max-conns", "delay", "output", "hex-dump", "idle-timeout", "source-port", "source", "wait", "allow", "allowfile",
        "deny", "denyfile", "proxy", "proxy-type", "proxy-auth", "proxy-dns", "ssl-cert", "ssl-key", "ssl-trustfile", "ssl-ciphers", "ssl-servername", "ssl-alpn");

    public static void Read(SocketReading reading, int from)
    {
        var operands = new List<int>();
        bool isListening = false;
        foreach (Option option in Options.Read(reading.Argv, from))
        {
            if (option.IsOperand)
            {
                operands.Add(option.ValueArg);
            }

            isListening |= option.Name is "l" or "listen";
        }

        for (int i = 0; i < operands.Count; i++)
        {
            string text = reading.Text(operands[i]);
            if (RuntimeSockets.IsSocket(text))
            {
                reading.AddSocket(text, operands[i]);
            }
            else if (i > 0 && !isListening && IsPort(text))
            {
                reading.AddAddress($"{reading.Text(operands[0])}:{text}", operands[i]);
            }
        }
    }

    /// <summary>A range counts where it begins or ends with such a port: who tries a thousand speaks to none.</summary>
    private static bool IsPort(string text)
    {
        foreach (string end in text.Split('-', 2))
        {
            if (Endpoint.PortOf(end) is int port && RuntimeSockets.Ports.Contains(port))
            {
                return true;
            }
        }

        return false;
    }
}
