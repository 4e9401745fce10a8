namespace Tallyman.Agent.Native;

/// <summary>A map of a <see cref="BpfObject"/>; valid as long as that is.</summary>
internal readonly unsafe struct BpfMap<TKey, TValue>(int fd)
    where TKey : unmanaged
    where TValue : unmanaged
{
    public void Put(TKey key, TValue value) => BpfObject.Check(LibBpf.bpf_map_update_elem(fd, &key, &value, 0), "a BPF map takes no entry");
}

/// <summary>A per-CPU array of counters, of which only the sum over all CPUs is of interest.</summary>
internal sealed unsafe class BpfCounters(int fd)
{
    private readonly ulong[] _values = new ulong[Math.Max(1, LibBpf.libbpf_num_possible_cpus())];

    public ulong Read(uint slot)
    {
        fixed (ulong* values = _values)
        {
            BpfObject.Check(LibBpf.bpf_map_lookup_elem(fd, &slot, values), "a BPF counter cannot be read");
        }

        ulong sum = 0;
        foreach (ulong value in _values)
        {
            sum += value;
        }

        return sum;
    }
}
