using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Tallyman.Agent.Native;

/// <summary>
/// Asks the kernel about its auditing: linux/audit.h, netlink(7). It only asks; rules and settings are the administrator's. Takes
/// CAP_AUDIT_CONTROL in the first namespaces.
/// </summary>
internal static unsafe class AuditNetlink
{
    public const ushort AUDIT_GET = 1000;
    public const ushort AUDIT_LIST_RULES = 1013;

    private const ushort NLMSG_ERROR = 2;
    private const ushort NLMSG_DONE = 3;
    private const ushort NLM_F_REQUEST = 1;
    private const int HeaderSize = 16; // struct nlmsghdr: length, type, flags, sequence, port
    private const int LongestMessage = 16 * 1024;
    private const int MostMessages = 10_000;

    /// <summary>The bodies of the answers to a request without a body.</summary>
    /// <returns>Null if the kernel does not answer: it has no auditing, or this process may not ask.</returns>
    public static IReadOnlyList<byte[]>? Ask(ushort request)
    {
        int number = LibC.socket(LibC.AF_NETLINK, LibC.SOCK_RAW | LibC.SOCK_CLOEXEC, LibC.NETLINK_AUDIT);
        if (number < 0)
        {
            return null;
        }

        using var socket = new SafeFileHandle(number, ownsHandle: true);
        var second = new LibC.Timespec { tv_sec = 1 };
        _ = LibC.setsockopt(socket, LibC.SOL_SOCKET, LibC.SO_RCVTIMEO, &second, (uint)sizeof(LibC.Timespec));
        Span<byte> header = stackalloc byte[HeaderSize];
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], request);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], NLM_F_REQUEST);
        fixed (byte* bytes = header)
        {
            if (LibC.send(socket, bytes, HeaderSize, 0) != HeaderSize)
            {
                return null;
            }
        }

        return Receive(socket, request);
    }

    private static List<byte[]>? Receive(SafeFileHandle socket, ushort request)
    {
        var answers = new List<byte[]>();
        byte[] message = new byte[LongestMessage];
        fixed (byte* bytes = message)
        {
            for (int i = 0; i < MostMessages; i++)
            {
                nint length = LibC.recv(socket, bytes, LongestMessage, 0);
                if (length < HeaderSize)
                {
                    return null;
                }

                // The kernel's audit gives a message's length with or without its header, so the datagram's own is what counts.
                ushort type = BinaryPrimitives.ReadUInt16LittleEndian(message.AsSpan(4));
                if (type is NLMSG_DONE or NLMSG_ERROR)
                {
                    return type == NLMSG_DONE ? answers : null;
                }

                if (type == request)
                {
                    answers.Add(message[HeaderSize..(int)length]);
                }

                if (request == AUDIT_GET)
                {
                    return answers;
                }
            }
        }

        return null;
    }
}
