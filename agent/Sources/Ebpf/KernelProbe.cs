using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Tallyman.Agent.Model;
using Tallyman.Agent.Native;

namespace Tallyman.Agent.Sources.Ebpf;

/// <summary>bpf/exec.bpf.c in the kernel. It ends with this object, or with the process: nothing is pinned.</summary>
internal sealed class KernelProbe : IDisposable
{
    private const string Program = "on_exec";

    private static readonly string[] RingNames = ["watched", "unknown"];

    private readonly BpfObject _bpf;
    private readonly BpfMap<FileKey, uint> _verdicts;
    private readonly BpfCounters _counters;
    private readonly BpfMap<uint, uint> _asked;
    private readonly BpfIterator _running;
    private readonly RingPositions[] _positions;

    private KernelProbe(BpfObject bpf)
    {
        _bpf = bpf;
        _verdicts = new BpfMap<FileKey, uint>(bpf.MapFd("verdicts"));
        _counters = new BpfCounters(bpf.MapFd("counters"));
        _asked = new BpfMap<uint, uint>(bpf.MapFd("asked"));
        _running = bpf.Iterator("tell_running");
        _positions = [.. RingNames.Select(ring => new RingPositions(bpf.MapFd(ring)))];
    }

    /// <summary>SHA-256 of the program as this build carries it, in hexadecimal digits.</summary>
    public static string Digest() => Convert.ToHexStringLower(SHA256.HashData(ObjectFile()));

    /// <summary>Loads the program; it runs from <see cref="Attach"/> on.</summary>
    /// <exception cref="SourceUnavailableException">This host cannot run it.</exception>
    public static KernelProbe Load()
    {
        ProbeRequirements.Check();
        try
        {
            BpfObject bpf = BpfObject.Load(ObjectFile(), static _ => { });
            WriteNames(new BpfMap<CommName, uint>(bpf.MapFd("names")));
            return new KernelProbe(bpf);
        }
        catch (DllNotFoundException)
        {
            throw new SourceUnavailableException("eBPF needs libbpf 1.0 or later, and libbpf.so.1 is not found: install it (Debian and Ubuntu: apt-get install libbpf1)");
        }
        catch (BpfException e)
        {
            throw new SourceUnavailableException(
                $"{e.Message}{(e.Details.Length > 0 ? $" — {LastLine(e.Details)}" : "")}", isPermission: e.Error is LibC.EPERM or LibC.EACCES);
        }
    }

    public void Attach()
    {
        try
        {
            _bpf.Attach(Program);
        }
        catch (BpfException e)
        {
            throw new SourceUnavailableException(e.Message, isPermission: e.Error is LibC.EPERM or LibC.EACCES);
        }
    }

    /// <summary>No execution is seen from now on; what is in the rings stays.</summary>
    public void Detach() => _bpf.Detach();

    public RingBuffers OpenRings(RingRecord receive) => new(receive, [.. RingNames.Select(_bpf.MapFd)]);

    /// <summary>Bytes in each of the rings that nobody has read yet, and that there is room for.</summary>
    public IEnumerable<(string Name, ulong Unread, ulong Size)> Rings() => RingNames.Select((ring, i) => (ring, _positions[i].Unread(), (ulong)_bpf.MaxEntries(ring)));

    /// <summary>Tells the kernel what a binary is; from then on it decides by itself.</summary>
    /// <param name="file">As the kernel sent it.</param>
    /// <param name="program">Null if the binary is none of the tools.</param>
    public void WriteVerdict(FileKey file, Executable? program) => _verdicts.Put(file, program is null ? 0 : Executables.NumberOf(program));

    /// <summary>Which execution a process is in. For one thread at a time.</summary>
    /// <param name="process">Any file of its directory in /proc.</param>
    /// <returns>Null if the process is gone.</returns>
    public ExecKey? RunningIn(SafeFileHandle process)
    {
        bool kept = false;
        try
        {
            process.DangerousAddRef(ref kept);
            _asked.Put(0, (uint)process.DangerousGetHandle());
            return _running.ReadFirst<RawExecKey>() is RawExecKey key ? key.ToKey() : null;
        }
        finally
        {
            if (kept)
            {
                process.DangerousRelease();
            }
        }
    }

    public ulong Count(ProbeCounter counter) => _counters.Read((uint)counter);

    public BpfProgramInfo ProgramInfo() => BpfProgramInfo.Of(_bpf.ProgramFd(Program));

    public void Dispose()
    {
        Array.ForEach(_positions, static ring => ring.Dispose());
        _running.Dispose();
        _bpf.Dispose();
    }

    private static void WriteNames(BpfMap<CommName, uint> names)
    {
        foreach (Executable executable in Executables.All)
        {
            var name = default(CommName);
            Encoding.ASCII.GetBytes(executable.Name.AsSpan(0, Math.Min(executable.Name.Length, ExecSizes.Name - 1)), name);
            names.Put(name, Executables.NumberOf(executable));
        }
    }

    private static byte[] ObjectFile()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("exec.bpf.o")
            ?? throw new InvalidOperationException("the program lacks its own exec.bpf.o");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static string LastLine(string details) => details.TrimEnd().Split('\n')[^1];
}
