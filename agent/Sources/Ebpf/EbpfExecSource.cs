using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Tallyman.Agent.Model;
using Tallyman.Agent.Native;
using Tallyman.Agent.Status;

namespace Tallyman.Agent.Sources.Ebpf;

/// <summary>
/// Executions as the kernel tells of them. One thread reads the rings and decides; a second looks into binaries that nobody
/// knows yet, as reading a file may take long.
/// </summary>
internal sealed partial class EbpfExecSource : IExecSource
{
    private const int PollMilliseconds = 200;
    private const int MostVerdictsKept = 16 * 1024;
    private const uint Init = 1;

    private readonly KernelProbe _probe;
    private readonly EventQueue _events;
    private readonly Counters _counters;
    private readonly Progress _progress;
    private readonly ProcFs _proc;
    private readonly ExecDecoder _decoder;
    private readonly ExecIdentity _identity;
    private readonly ILogger _logger;
    private readonly ExecAssembler _assembler = new();
    private readonly IdentityQueue<RawExec> _unknown;
    private readonly Dictionary<FileKey, Executable?> _verdicts = []; // what the kernel has been told; of the identity thread
    private readonly RingBuffers _rings;
    private readonly Thread _reading;
    private readonly Thread _identifying;
    private ulong _attached; // nanoseconds since boot
    private volatile bool _stopping;

    private EbpfExecSource(KernelProbe probe, EventQueue events, Counters counters, Progress progress, ProcFs proc, TimeProvider time, ILogger logger)
    {
        _probe = probe;
        _events = events;
        _counters = counters;
        _progress = progress;
        _proc = proc;
        _decoder = new ExecDecoder(new BootClock(time), proc);
        _identity = new ExecIdentity(proc);
        _unknown = new(events.MostBytes / 2, static raw => raw.Length, progress);
        _logger = logger;
        _rings = probe.OpenRings(Receive);
        _reading = new Thread(ReadRings) { Name = "probe", IsBackground = true };
        _identifying = new Thread(IdentifyUnknown) { Name = "identity", IsBackground = true };
    }

    /// <summary>Has everything ready but sees nothing yet.</summary>
    /// <exception cref="SourceUnavailableException">This host cannot run the eBPF program.</exception>
    public static EbpfExecSource Load(EventQueue events, Counters counters, Progress progress, ProcFs proc, TimeProvider time, ILogger logger)
    {
        KernelProbe probe = KernelProbe.Load();
        try
        {
            return new EbpfExecSource(probe, events, counters, progress, proc, time, logger);
        }
        catch
        {
            probe.Dispose();
            throw;
        }
    }

    public string Name => "ebpf";

    public void Start()
    {
        _reading.Start();
        _identifying.Start();
        _probe.Attach();
        _attached = BootTime.Nanoseconds();
    }

    /// <summary>
    /// By the name that the execution has had in the kernel's own record, so that one that an earlier agent has seen is the
    /// same. A process that began before this one saw anything may execute afterwards and be seen twice: under one name too.
    /// </summary>
    public ExecKey? RunningBefore(uint pid)
    {
        try
        {
            using SafeFileHandle? process = _proc.OpenStat(pid);
            return process is not null && _probe.RunningIn(process) is ExecKey key && key.StartBoottime < _attached ? key : null;
        }
        catch (Exception e) when (e is BpfException or IOException)
        {
            LogKeyNotRead(_logger, pid, e.Message);
            return _proc.StartOf(pid) is ulong start && start < _attached ? new ExecKey(pid, start, 0) : null;
        }
    }

    /// <summary>Somebody may have detached the program, which nothing tells: it has to see what it must see.</summary>
    public bool IsAlive()
    {
        ulong seen = _probe.Count(ProbeCounter.Seen);
        return _reading.IsAlive && (!Marker.TryExecute() || _probe.Count(ProbeCounter.Seen) != seen);
    }

    /// <summary>The counters of the kernel side.</summary>
    public IEnumerable<KeyValuePair<string, ulong>> ReadCounters()
    {
        foreach (ProbeCounter counter in Enum.GetValues<ProbeCounter>())
        {
            yield return new("kernel_" + System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(counter.ToString()), _probe.Count(counter));
        }

        BpfProgramInfo program = _probe.ProgramInfo();
        yield return new("kernel_missed", program.Misses);
        yield return new("kernel_run_nanoseconds", program.RunNanoseconds);
    }

    public IEnumerable<KeyValuePair<string, ulong>> ReadGauges() => _probe.Rings().SelectMany(static ring => new KeyValuePair<string, ulong>[]
    {
        new($"ring_{ring.Name}_bytes", ring.Unread),
        new($"ring_{ring.Name}_size_bytes", ring.Size),
    });

    public void Stop()
    {
        _probe.Detach();
        _stopping = true;
        if (_reading.IsAlive)
        {
            _reading.Join();
        }

        _unknown.Complete();
        if (_identifying.IsAlive)
        {
            _identifying.Join();
        }
    }

    public void Dispose()
    {
        Stop();
        _rings.Dispose();
        _probe.Dispose();
        _unknown.Dispose();
    }

    private void ReadRings()
    {
        SchedulingPreference.Raise(); // under a storm of executions it gets to the rings before they are full
        while (!_stopping)
        {
            _progress.Beat(Stage.Source);
            _rings.Poll(PollMilliseconds);
        }

        _rings.Consume();
        _progress.Rest(Stage.Source);
        _counters.Add(Counter.LostHeadless, _assembler.Headless);
        _counters.Add(Counter.LostMalformed, _assembler.Malformed);
    }

    private void Receive(ReadOnlySpan<byte> record)
    {
        try
        {
            if (_assembler.Add(record) is RawExec raw)
            {
                Sort(raw);
            }
        }
        catch (Exception e)
        {
            // Native code called this and cannot take an exception.
            _counters.Add(Counter.LostMalformed);
            LogRecordNotRead(_logger, e);
        }
    }

    private void Sort(RawExec raw)
    {
        if (raw.Head.Match == ExecMatch.None)
        {
            _counters.Add(Counter.EventsUnknown);
            if (!_unknown.TryAdd(raw))
            {
                _counters.Add(Counter.LostUnknownQueueFull);
            }
        }
        else if (Executables.OfNumber(raw.Head.Tool) is Executable program)
        {
            _counters.Add(Counter.EventsWatched);
            if (program.Tool.IsSocketClient() && ExecDecoder.TryReadArguments(raw, out ReadOnlySpan<byte> arguments) && !RuntimeSockets.MayBeIn(arguments))
            {
                _counters.Add(Counter.NotInteresting); // curl and the like are common, and nothing more is to be spent on most
                return;
            }

            // Of the loader it has to be found out what it loads.
            if (program.Tool != Tool.Loader || !_unknown.TryAdd(raw))
            {
                _events.TryAdd(_decoder.Decode(raw, program));
            }
        }
    }

    private void IdentifyUnknown()
    {
        foreach (RawExec raw in _unknown.TakeAll())
        {
            if (Executables.OfNumber(raw.Head.Tool) is Executable loader)
            {
                ExecEvent exec = _decoder.Decode(raw, loader);
                _events.TryAdd(exec with { Loaded = IdentifyLoaded(exec) });
                continue;
            }

            if (!_verdicts.TryGetValue(raw.Head.File, out Executable? program) && !TryIdentify(raw, out program))
            {
                continue;
            }

            if (program is null)
            {
                _counters.Add(Counter.UnknownNotTools);
            }
            else
            {
                _counters.Add(Counter.UnknownTools);
                _events.TryAdd(_decoder.Decode(raw, program));
            }
        }
    }

    private Executable? IdentifyLoaded(ExecEvent exec)
    {
        HostText path = DynamicLoader.UnnamedProgramIn(exec.Argv);
        return path.IsEmpty ? null : _identity.IdentifyLoaded(exec.MountNamespace, exec.Directory.To(path), exec.Pid, exec.ParentPid, Init);
    }

    private bool TryIdentify(RawExec raw, out Executable? program)
    {
        FileKey file = raw.Head.File;
        (IdentityOutcome outcome, program) = _identity.Identify(
            raw.Head.Key.Tgid,
            raw.Head.MountNamespace,
            new FileStatus(file.Inode, file.ChangeSeconds, file.ChangeNanoseconds, IsRegular: true),
            raw.Head.FileSystem,
            ExecDecoder.ExecutableOf(raw),
            raw.Head.Ppid,
            _proc.Own,
            Init);
        switch (outcome)
        {
            case IdentityOutcome.Gone:
                _counters.Add(Counter.LostUnknownGone);
                return false;
            case IdentityOutcome.Refused:
                _counters.Add(Counter.LostUnknownRefused);
                return false;
        }

        if (_verdicts.Count >= MostVerdictsKept)
        {
            _verdicts.Clear(); // the kernel's map is the one that counts
        }

        _verdicts[file] = program;
        try
        {
            _probe.WriteVerdict(file, program);
        }
        catch (BpfException e)
        {
            LogVerdictNotWritten(_logger, e.Message);
        }

        return true;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A record of the kernel cannot be read and is counted as malformed")]
    private static partial void LogRecordNotRead(ILogger logger, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The kernel does not tell of the running process {Pid}, which may become a second alert about what was seen of it before: {Reason}")]
    private static partial void LogKeyNotRead(ILogger logger, uint pid, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A binary stays unknown to the kernel and is looked into again: {Reason}")]
    private static partial void LogVerdictNotWritten(ILogger logger, string reason);
}
