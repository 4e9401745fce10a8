using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Tallyman.Agent.Local;

/// <summary>Who may ask at a socket in the file system: root, the agent's own user, and a group if one is given.</summary>
/// <param name="Owner">The agent's user.</param>
internal sealed record Peers(uint Owner, uint? Group)
{
    // socket(7), unix(7)
    private const int SOL_SOCKET = 1;
    private const int SO_PEERCRED = 17;
    private const int SO_PEERGROUPS = 59;
    private const int MostGroups = 1024;

    /// <summary>Of who has connected, whoever has the socket now.</summary>
    public bool Include(Socket client)
    {
        Span<byte> credentials = stackalloc byte[12]; // struct ucred: pid, uid, gid
        client.GetRawSocketOption(SOL_SOCKET, SO_PEERCRED, credentials);
        uint uid = BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]);
        uint gid = BinaryPrimitives.ReadUInt32LittleEndian(credentials[8..]);
        return uid == 0 || uid == Owner || (Group is uint group && (gid == group || GroupsOf(client).Contains(group)));
    }

    /// <returns>None where there are more than that.</returns>
    private static uint[] GroupsOf(Socket client)
    {
        try
        {
            byte[] groups = new byte[MostGroups * sizeof(uint)];
            int length = client.GetRawSocketOption(SOL_SOCKET, SO_PEERGROUPS, groups);
            return MemoryMarshal.Cast<byte, uint>(groups.AsSpan(0, length)).ToArray();
        }
        catch (SocketException)
        {
            return [];
        }
    }

    /// <summary>The number of a group that is given by name, of /etc/group, or by number.</summary>
    /// <returns>Null if there is none of that name.</returns>
    public static uint? GroupOf(string name, IEnumerable<string> etcGroup) =>
        uint.TryParse(name, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out uint number)
            ? number
            : etcGroup.Select(static line => line.Split(':'))
                .Where(fields => fields.Length > 2 && fields[0] == name)
                .Select(static fields => GroupOf(fields[2], []))
                .FirstOrDefault();
}
