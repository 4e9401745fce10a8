using System.Buffers.Binary;
using Tallyman.Agent.Native;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>What the kernel says of its auditing: struct audit_status of linux/audit.h.</summary>
/// <param name="IsLocked">Nobody can change the rules until the host is booted anew.</param>
/// <param name="Daemon">The process that takes the records, auditd's; 0 if there is none.</param>
/// <param name="Lost">Records that nobody took, since the host booted or somebody set the counter to zero.</param>
internal sealed record AuditKernel(bool IsEnabled, bool IsLocked, uint Daemon, uint Lost)
{
    private const int LeastSize = 28;
    private const uint AUDIT_LOCKED = 2;

    /// <returns>Null if it may not be asked.</returns>
    public static AuditKernel? TryRead() =>
        AuditNetlink.Ask(AuditNetlink.AUDIT_GET) is [{ Length: >= LeastSize } status]
            ? new AuditKernel(Word(status, 1) != 0, Word(status, 1) == AUDIT_LOCKED, Word(status, 3), Word(status, 6))
            : null;

    private static uint Word(byte[] status, int index) => BinaryPrimitives.ReadUInt32LittleEndian(status.AsSpan(4 * index));
}
