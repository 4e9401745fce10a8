namespace Tallyman.Agent.Native;

/// <summary>What the kernel says of a loaded program.</summary>
/// <param name="Misses">Times that the kernel did not run it because it was running on that CPU already.</param>
internal readonly record struct BpfProgramInfo(ulong RunNanoseconds, ulong Runs, ulong Misses, uint VerifiedInstructions)
{
    // Offsets in struct bpf_prog_info of linux/bpf.h, a stable interface that only grows.
    private const int RunTimeNs = 192;
    private const int RunCnt = 200;
    private const int RecursionMisses = 208;
    private const int VerifiedInsns = 216;
    private const int Size = 224;

    public static unsafe BpfProgramInfo Of(int program)
    {
        byte* info = stackalloc byte[Size];
        new Span<byte>(info, Size).Clear();
        uint length = Size;
        BpfObject.Check(LibBpf.bpf_obj_get_info_by_fd(program, info, &length), "the kernel does not tell of its BPF program");
        return new BpfProgramInfo(*(ulong*)(info + RunTimeNs), *(ulong*)(info + RunCnt), *(ulong*)(info + RecursionMisses), *(uint*)(info + VerifiedInsns));
    }
}
