using System.Buffers.Text;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>The records that tell of an execution; all others are of no interest.</summary>
internal enum AuditType : byte
{
    Other,
    Syscall,
    Execve,
    Cwd,
    Path,
    Proctitle,
    EndOfEvent,
}

/// <summary>Which event a record belongs to. The serial alone begins anew with every boot, and with every host.</summary>
/// <param name="Node">Number of the host that the record names: <see cref="AuditNodes"/>.</param>
internal readonly record struct AuditKey(int Node, long Milliseconds, ulong Serial)
{
    /// <summary>Whether it is the same event where a record that names no host may be of any.</summary>
    public bool MayBe(AuditKey other) =>
        Milliseconds == other.Milliseconds && Serial == other.Serial && (Node == other.Node || Node == AuditNodes.Unnamed || other.Node == AuditNodes.Unnamed);
}

/// <summary>
/// A line of auditd's log, cut into its parts: [node=NAME ]type=TYPE [msg=]audit(SECONDS.MS:SERIAL): BODY[0x1d MORE]. What auditd
/// itself adds behind the byte 0x1d has names of users in it, who may be called x" exe="y: it is not part of the body.
/// </summary>
internal readonly ref struct AuditRecord
{
    private const byte Enrichment = 0x1d;
    private const ulong LatestSecond = 253_402_300_799; // the year 9999, which is where dates end

    private AuditRecord(ReadOnlySpan<byte> node, AuditType type, long milliseconds, ulong serial, ReadOnlySpan<byte> text)
    {
        Node = node;
        Type = type;
        Milliseconds = milliseconds;
        Serial = serial;
        int end = type == AuditType.Other ? -1 : text.IndexOf(Enrichment);
        Body = end < 0 ? text : text[..end];
        Added = end < 0 ? default : text[(end + 1)..];
    }

    public AuditType Type { get; }

    /// <summary>Empty if the record names none.</summary>
    public ReadOnlySpan<byte> Node { get; }

    /// <summary>Since 1970.</summary>
    public long Milliseconds { get; }

    public ulong Serial { get; }

    public ReadOnlySpan<byte> Body { get; }

    /// <summary>What auditd has added: numbers in words.</summary>
    public ReadOnlySpan<byte> Added { get; }

    /// <returns>False if the line is no record.</returns>
    public static bool TryRead(ReadOnlySpan<byte> line, out AuditRecord record)
    {
        record = default;
        ReadOnlySpan<byte> node = default;
        line = line.TrimEnd((byte)'\r'); // copied by Windows
        if (line.StartsWith("node="u8))
        {
            int space = line.IndexOf((byte)' ');
            node = line["node="u8.Length..Math.Max(space, "node="u8.Length)];
            line = line[(space + 1)..];
        }

        int end = line.IndexOf((byte)' ');
        if (end < 0 || !line.StartsWith("type="u8))
        {
            return false;
        }

        AuditType type = TypeOf(line["type="u8.Length..Math.Max(end, "type="u8.Length)]);
        line = line[(end + 1)..];
        line = line.StartsWith("msg="u8) ? line["msg="u8.Length..] : line; // some forwarders leave it out
        if (!line.StartsWith("audit("u8))
        {
            return false;
        }

        line = line["audit("u8.Length..];
        if (!TryReadNumber(ref line, '.', out ulong seconds) || !TryReadNumber(ref line, ':', out ulong milliseconds)
            || !TryReadNumber(ref line, ')', out ulong serial) || line is not [(byte)':', ..] || seconds > LatestSecond || milliseconds > 999)
        {
            return false;
        }

        record = new AuditRecord(node, type, (long)((seconds * 1000) + milliseconds), serial, line[1..]);
        return true;
    }

    private static bool TryReadNumber(ref ReadOnlySpan<byte> line, char end, out ulong number)
    {
        if (!Utf8Parser.TryParse(line, out number, out int length) || length >= line.Length || line[length] != end)
        {
            return false;
        }

        line = line[(length + 1)..];
        return true;
    }

    private static AuditType TypeOf(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("SYSCALL"u8) ? AuditType.Syscall
        : name.SequenceEqual("EXECVE"u8) ? AuditType.Execve
        : name.SequenceEqual("CWD"u8) ? AuditType.Cwd
        : name.SequenceEqual("PATH"u8) ? AuditType.Path
        : name.SequenceEqual("PROCTITLE"u8) ? AuditType.Proctitle
        : name.SequenceEqual("EOE"u8) ? AuditType.EndOfEvent
        : AuditType.Other;
}
