using System.Runtime.InteropServices;

namespace Tallyman.Agent.Native;

/// <summary>
/// How far a ring buffer of BPF is written and read: the two pages before its data, the first with the position of who reads,
/// the second with that of who writes (kernel/bpf/ringbuf.c). libbpf tells of them from 1.3 on only.
/// </summary>
internal sealed unsafe class RingPositions : SafeHandle
{
    public RingPositions(int map)
        : base(LibC.MAP_FAILED, ownsHandle: true)
    {
        SetHandle(LibC.mmap(0, (nuint)(2 * Environment.SystemPageSize), LibC.PROT_READ, LibC.MAP_SHARED, map, 0));
        if (IsInvalid)
        {
            throw new BpfException("the positions of a ring buffer cannot be mapped", Marshal.GetLastPInvokeError(), "");
        }
    }

    public override bool IsInvalid => handle == LibC.MAP_FAILED;

    /// <summary>Bytes that are written and not read, their heads among them. Any thread may ask.</summary>
    /// <exception cref="ObjectDisposedException">There is no such ring any more.</exception>
    public ulong Unread()
    {
        bool kept = false;
        try
        {
            DangerousAddRef(ref kept);
            ulong read = Volatile.Read(ref *(ulong*)handle); // before the other, which runs ahead of it
            return Volatile.Read(ref *(ulong*)(handle + Environment.SystemPageSize)) - read;
        }
        finally
        {
            if (kept)
            {
                DangerousRelease();
            }
        }
    }

    protected override bool ReleaseHandle() => LibC.munmap(handle, (nuint)(2 * Environment.SystemPageSize)) == 0;
}
