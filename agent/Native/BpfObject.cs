using System.Runtime.InteropServices;

namespace Tallyman.Agent.Native;

/// <summary>A BPF object file in the kernel: its maps, its programs and their attachments, which end when this is disposed.</summary>
internal sealed unsafe class BpfObject : SafeHandle
{
    private readonly List<nint> _links = [];

    private BpfObject(nint bpfObject)
        : base(0, ownsHandle: true) => SetHandle(bpfObject);

    public override bool IsInvalid => handle == 0;

    /// <param name="elf">The object file as clang made it.</param>
    /// <param name="configure">Called between opening and loading, when sizes of maps may still be set.</param>
    /// <exception cref="BpfException">The kernel or libbpf refuses it.</exception>
    /// <exception cref="DllNotFoundException">libbpf is not installed.</exception>
    public static BpfObject Load(ReadOnlySpan<byte> elf, Action<BpfObject> configure)
    {
        LibBpfLog.Capture();
        nint opened;
        fixed (byte* bytes = elf)
        {
            opened = LibBpf.bpf_object__open_mem(bytes, (nuint)elf.Length, null);
        }

        if (opened == 0)
        {
            throw new BpfException("the BPF object cannot be opened", Marshal.GetLastPInvokeError(), LibBpfLog.Take());
        }

        var bpfObject = new BpfObject(opened);
        try
        {
            configure(bpfObject);
            Check(LibBpf.bpf_object__load(opened), "the kernel does not take the BPF program");
            return bpfObject;
        }
        catch
        {
            bpfObject.Dispose();
            throw;
        }
    }

    public void SetMaxEntries(string map, uint entries) => Check(LibBpf.bpf_map__set_max_entries(Map(map), entries), $"map {map} cannot have {entries} entries");

    public uint MaxEntries(string map) => LibBpf.bpf_map__max_entries(Map(map));

    public int MapFd(string map) => LibBpf.bpf_map__fd(Map(map));

    public int ProgramFd(string program) => LibBpf.bpf_program__fd(Program(program));

    public void Attach(string program) => _links.Add(LinkOf(program));

    /// <summary>An iterator to read from; valid as long as this is, and to be disposed before it.</summary>
    public BpfIterator Iterator(string program) => new(LinkOf(program));

    /// <summary>Ends the attachments: no program of this object runs any more. The maps stay.</summary>
    public void Detach()
    {
        foreach (nint link in _links)
        {
            _ = LibBpf.bpf_link__destroy(link); // a link that was attached is always taken away
        }

        _links.Clear();
    }

    internal static void Check(int result, string what)
    {
        if (result < 0)
        {
            throw new BpfException(what, -result, LibBpfLog.Take());
        }
    }

    protected override bool ReleaseHandle()
    {
        Detach();
        LibBpf.bpf_object__close(handle);
        return true;
    }

    private nint LinkOf(string program) =>
        LibBpf.bpf_program__attach(Program(program)) is nint link and not 0
            ? link
            : throw new BpfException($"program {program} cannot be attached", Marshal.GetLastPInvokeError(), LibBpfLog.Take());

    private nint Map(string name) =>
        LibBpf.bpf_object__find_map_by_name(handle, name) is nint map and not 0 ? map : throw new InvalidOperationException($"the BPF object has no map {name}");

    private nint Program(string name) =>
        LibBpf.bpf_object__find_program_by_name(handle, name) is nint program and not 0 ? program : throw new InvalidOperationException($"the BPF object has no program {name}");
}
