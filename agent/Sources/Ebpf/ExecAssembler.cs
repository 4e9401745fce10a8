using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Sources.Ebpf;

/// <summary>An execution as the kernel sent it, all its records together.</summary>
/// <param name="Data">What stands behind the head: the parts whose lengths the head gives.</param>
/// <param name="Argv">Empty if argv is in the data.</param>
internal sealed record RawExec(ExecHead Head, byte[] Data, SparseBytes Argv, SparseBytes Environment)
{
    /// <summary>Bytes of memory that it takes.</summary>
    public long Length => Data.Length + Argv.Capacity + Environment.Capacity;
}

/// <summary>
/// Puts the records of each execution together by their key: those of several CPUs interleave. The head of an execution
/// comes last. Executions whose head never comes are given up when too much of them waits. Used by one thread.
/// </summary>
internal sealed class ExecAssembler
{
    /// <summary>Bytes of chunks that may wait for their heads.</summary>
    public const int MostWaiting = 32 * 1024 * 1024;

    private readonly Dictionary<RawExecKey, Waiting> _waiting = [];
    private long _bytesWaiting;
    private ulong _clock;

    /// <summary>Executions of which there were chunks and never a head.</summary>
    public ulong Headless { get; private set; }

    /// <summary>Records that are none: a kernel side of another version.</summary>
    public ulong Malformed { get; private set; }

    /// <returns>The execution that this record completes, or null.</returns>
    public RawExec? Add(ReadOnlySpan<byte> record)
    {
        if (record.Length < sizeof(ushort))
        {
            Malformed++;
            return null;
        }

        switch (MemoryMarshal.Read<ExecRecord>(record))
        {
            case ExecRecord.Chunk when record.Length >= Unsafe.SizeOf<ExecChunk>():
                AddChunk(record);
                return null;
            case ExecRecord.Head when record.Length >= Unsafe.SizeOf<ExecHead>():
                return Complete(record);
            default:
                Malformed++;
                return null;
        }
    }

    private void AddChunk(ReadOnlySpan<byte> record)
    {
        ExecChunk chunk = MemoryMarshal.Read<ExecChunk>(record);
        ReadOnlySpan<byte> data = record[Unsafe.SizeOf<ExecChunk>()..];
        if (chunk.Length > data.Length)
        {
            Malformed++;
            return;
        }

        if (!_waiting.TryGetValue(chunk.Key, out Waiting? waiting))
        {
            _waiting.Add(chunk.Key, waiting = new Waiting());
        }

        waiting.LastSeen = ++_clock;
        _bytesWaiting -= waiting.Capacity;
        if (!waiting.For(chunk).TryAdd((long)chunk.Offset, data[..(int)chunk.Length]))
        {
            Malformed++;
        }

        _bytesWaiting += waiting.Capacity;
        while (_bytesWaiting > MostWaiting)
        {
            Forget(_waiting.MinBy(static each => each.Value.LastSeen).Key);
            Headless++;
        }
    }

    private RawExec? Complete(ReadOnlySpan<byte> record)
    {
        ExecHead head = MemoryMarshal.Read<ExecHead>(record);
        ReadOnlySpan<byte> data = record[Unsafe.SizeOf<ExecHead>()..];
        ulong parts = (ulong)head.Filename + head.Executable + head.Directory + head.Root + head.CgroupPath + head.Argv + head.Environment;
        Waiting? waiting = Forget(head.Key);
        if (parts > (ulong)data.Length)
        {
            Malformed++;
            return null;
        }

        return new RawExec(head, data[..(int)parts].ToArray(), waiting?.Argv ?? SparseBytes.None, waiting?.Environment ?? SparseBytes.None);
    }

    private Waiting? Forget(RawExecKey key)
    {
        if (_waiting.Remove(key, out Waiting? waiting))
        {
            _bytesWaiting -= waiting.Capacity;
        }

        return waiting;
    }

    private sealed class Waiting
    {
        public SparseBytes? Argv { get; private set; }

        public SparseBytes? Environment { get; private set; }

        public ulong LastSeen { get; set; }

        public int Capacity => (Argv?.Capacity ?? 0) + (Environment?.Capacity ?? 0);

        public SparseBytes For(ExecChunk chunk)
        {
            long total = (long)Math.Min(chunk.Total, long.MaxValue);
            return chunk.Stream == ExecStream.Argv
                ? Argv ??= new SparseBytes(total, ExecSizes.ArgvWhole)
                : Environment ??= new SparseBytes(Math.Min(total, ExecSizes.EnvironmentSent), ExecSizes.EnvironmentSent);
        }
    }
}
