using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Sockets;

/// <summary>Reads programs that can speak to a container runtime's socket by themselves, for whether they do.</summary>
internal static class SocketClients
{
    /// <param name="from">Index in argv of what stands behind the name.</param>
    /// <returns>Without facts if no runtime is spoken to.</returns>
    public static Invocation Read(Tool tool, Argv argv, int from, string? directory)
    {
        var reading = new SocketReading(argv, directory);
        switch (tool)
        {
            case Tool.Curl:
                Curl.Read(reading, from);
                break;
            case Tool.Wget:
                Wget.Read(reading, from);
                break;
            case Tool.Socat:
                Socat.Read(reading, from);
                break;
            case Tool.Netcat:
                Netcat.Read(reading, from);
                break;
            case Tool.Openssl:
                Openssl.Read(reading, from);
                break;
            default:
                OneLiners.Read(reading, tool, from);
                break;
        }

        return reading.ToInvocation(tool);
    }
}
