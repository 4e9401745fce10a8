using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Alerts;

/// <summary>
/// Names an alert by the execution it is about, so that one execution seen twice (by two agents, after a restart) is one
/// row in the collector's store.
/// </summary>
internal static class AlertId
{
    private const string Base32 = "abcdefghijklmnopqrstuvwxyz234567"; // RFC 4648, in lower case and without padding

    /// <returns>26 letters and digits.</returns>
    public static string Of(HostIdentity host, ExecEvent exec) => exec.Audit is AuditId audit ? Of(host, audit) : Of(host, exec.Key);

    private static string Of(HostIdentity host, ExecKey key)
    {
        Span<byte> numbers = stackalloc byte[20];
        BinaryPrimitives.WriteUInt32BigEndian(numbers, key.Tgid);
        BinaryPrimitives.WriteUInt64BigEndian(numbers[4..], key.StartBoottime);
        BinaryPrimitives.WriteUInt64BigEndian(numbers[12..], key.SelfExecId);
        return Digest($"{host.Id}\0{host.BootId}\0exec\0", numbers);
    }

    private static string Of(HostIdentity host, AuditId audit)
    {
        Span<byte> numbers = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(numbers, audit.Milliseconds);
        BinaryPrimitives.WriteUInt64BigEndian(numbers[8..], audit.Serial);
        return Digest($"{host.Id}\0{host.BootId}\0audit\0{audit.Node}\0", numbers);
    }

    private static string Digest(string text, ReadOnlySpan<byte> numbers) =>
        Encode(SHA256.HashData([.. Encoding.UTF8.GetBytes(text), .. numbers]).AsSpan(0, 16));

    private static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(26);
        int bits = 0;
        int value = 0;
        foreach (byte b in bytes)
        {
            value = (value << 8) | b;
            for (bits += 8; bits >= 5; bits -= 5)
            {
                text.Append(Base32[(value >> (bits - 5)) & 31]);
            }

            value &= (1 << bits) - 1;
        }

        return bits == 0 ? text.ToString() : text.Append(Base32[(value << (5 - bits)) & 31]).ToString();
    }
}
