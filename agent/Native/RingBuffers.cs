using System.Runtime.InteropServices;

namespace Tallyman.Agent.Native;

/// <summary>Takes one record; called on the thread that polls.</summary>
/// <param name="data">Valid during the call only.</param>
internal delegate void RingRecord(ReadOnlySpan<byte> data);

/// <summary>Ring buffers of a <see cref="BpfObject"/>, read by one thread.</summary>
internal sealed unsafe class RingBuffers : SafeHandle
{
    private readonly GCHandle _receiver; // freed with the rings, as native code may call until then

    /// <param name="receive">Must not throw.</param>
    public RingBuffers(RingRecord receive, params ReadOnlySpan<int> maps)
        : base(0, ownsHandle: true)
    {
        _receiver = GCHandle.Alloc(receive);
        nint context = GCHandle.ToIntPtr(_receiver);
        foreach (int map in maps)
        {
            if (handle == 0)
            {
                SetHandle(LibBpf.ring_buffer__new(map, &Receive, context, null));
                if (handle == 0)
                {
                    int error = Marshal.GetLastPInvokeError();
                    _receiver.Free();
                    throw new BpfException("the ring buffer cannot be mapped", error, LibBpfLog.Take());
                }
            }
            else
            {
                BpfObject.Check(LibBpf.ring_buffer__add(handle, map, &Receive, context), "the ring buffer cannot be mapped");
            }
        }
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Waits until there is something to read or the time is over, and reads all there is.</summary>
    /// <returns>How many records were read.</returns>
    public int Poll(int timeoutMilliseconds)
    {
        int read = LibBpf.ring_buffer__poll(handle, timeoutMilliseconds);
        if (read == -LibC.EINTR)
        {
            return 0;
        }

        BpfObject.Check(read, "the ring buffer cannot be read");
        return read;
    }

    /// <summary>Reads all there is, without waiting.</summary>
    public int Consume()
    {
        int read = LibBpf.ring_buffer__consume(handle);
        BpfObject.Check(read, "the ring buffer cannot be read");
        return read;
    }

    protected override bool ReleaseHandle()
    {
        LibBpf.ring_buffer__free(handle);
        _receiver.Free();
        return true;
    }

    [UnmanagedCallersOnly]
    private static int Receive(nint context, nint data, nuint size)
    {
        ((RingRecord)GCHandle.FromIntPtr(context).Target!)(new ReadOnlySpan<byte>((void*)data, (int)size));
        return 0;
    }
}
