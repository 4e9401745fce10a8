using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Tallyman.Agent.Model;
using Tallyman.Agent.Sources;
using Tallyman.Agent.Sources.Ebpf;
using Tallyman.Agent.Status;
using Xunit;

namespace Tallyman.Agent.Tests.Sources.Ebpf;

/// <summary>An eBPF source on this kernel, and what came from it: real processes, no stand-ins.</summary>
public abstract class EbpfExecFixture : IDisposable
{
    private readonly EventQueue _events;
    private EbpfExecSource? _source;

    protected EbpfExecFixture() => _events = new EventQueue(Counters);

    private protected TemporaryDirectory Temporary { get; } = new();

    protected Counters Counters { get; } = new();

    protected List<ExecEvent> Seen { get; } = [];

    public void Dispose()
    {
        _source?.Dispose();
        Temporary.Dispose();
        GC.SuppressFinalize(this);
    }

    protected static string[] Words(ExecEvent exec) => [.. Enumerable.Range(0, Math.Min(200, exec.Argv.Count)).Select(i => Encoding.UTF8.GetString(exec.Argv[i]))];

    protected static void Run(string program, params string[] arguments)
    {
        Programs.Outcome outcome = Programs.Run(program, arguments);
        Assert.True(outcome.ExitCode == 0, $"{program}: {outcome.ExitCode} {outcome.Error}");
    }

    protected string CopyOfTrue(string name)
    {
        string path = Temporary.File(name);
        File.Copy("/bin/true", path);
        return path;
    }

    protected void Start()
    {
        _source = EbpfExecSource.Load(_events, Counters, new Progress(TimeProvider.System), new ProcFs(), TimeProvider.System, NullLogger.Instance);
        _source.Start();
    }

    /// <summary>Takes everything that was seen.</summary>
    protected void Stop()
    {
        _source!.Stop();
        while (_events.TryRead(out ExecEvent? exec))
        {
            Seen.Add(exec);
        }
    }

    protected ulong KernelCount(string name) => _source!.ReadCounters().Single(counter => counter.Key == "kernel_" + name).Value;

    protected async Task<ExecEvent> EventOfAsync(Predicate<ExecEvent> predicate)
    {
        await UntilAsync(() =>
        {
            while (_events.TryRead(out ExecEvent? exec))
            {
                Seen.Add(exec);
            }

            return Seen.Exists(predicate);
        });
        return Seen.Find(predicate)!;
    }

    protected static async Task UntilAsync(Func<bool> condition)
    {
        var patience = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(patience.Elapsed < TimeSpan.FromMinutes(2), "what was waited for has not come in two minutes");
            await Task.Delay(20);
        }
    }
}
