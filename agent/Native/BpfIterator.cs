using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tallyman.Agent.Native;

/// <summary>A program of a <see cref="BpfObject"/> that the kernel runs for whoever reads what it writes.</summary>
internal sealed class BpfIterator : SafeHandle
{
    internal BpfIterator(nint link)
        : base(0, ownsHandle: true) => SetHandle(link);

    public override bool IsInvalid => handle == 0;

    /// <summary>Has the program run on this thread.</summary>
    /// <returns>The first thing that it wrote; null if that was nothing.</returns>
    /// <exception cref="BpfException">The kernel does not run it.</exception>
    /// <exception cref="IOException">The kernel ran it and failed.</exception>
    public unsafe T? ReadFirst<T>()
        where T : unmanaged
    {
        int descriptor = LibBpf.bpf_iter_create(LibBpf.bpf_link__fd(handle));
        BpfObject.Check(descriptor, "the BPF iterator cannot be read");
        using FileStream reader = new(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Read, bufferSize: 0);
        T value = default;
        return reader.Read(new Span<byte>(&value, Unsafe.SizeOf<T>())) == Unsafe.SizeOf<T>() ? value : null;
    }

    protected override bool ReleaseHandle() => LibBpf.bpf_link__destroy(handle) == 0;
}
