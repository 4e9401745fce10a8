using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Tallyman.Agent.Model;
using Tallyman.Agent.Status;

namespace Tallyman.Agent.Sources;

/// <summary>
/// Between the probe and detection: bounded in events and in bytes, as one event may have six megabytes of arguments.
/// When it is full the event is counted and dropped; the probe never waits.
/// </summary>
/// <param name="mostBytes">Of arguments that may wait.</param>
public sealed class EventQueue(Counters counters, long mostBytes = 64 * 1024 * 1024)
{
    private const int MostEvents = 16 * 1024;

    private readonly Channel<ExecEvent> _events = Channel.CreateBounded<ExecEvent>(
        new BoundedChannelOptions(MostEvents) { SingleReader = true, AllowSynchronousContinuations = false });

    private long _bytes;
    private volatile bool _abandoned;

    public long MostBytes => mostBytes;

    public bool TryAdd(ExecEvent exec)
    {
        int length = exec.Argv.Length;
        if (Interlocked.Add(ref _bytes, length) <= MostBytes && _events.Writer.TryWrite(exec))
        {
            return true;
        }

        Interlocked.Add(ref _bytes, -length);
        counters.Add(Counter.LostQueueFull);
        return false;
    }

    /// <summary>No more events follow: the reader ends when it has read what is there.</summary>
    public void Complete() => _events.Writer.TryComplete();

    /// <summary>There is no time left for what is there: it is counted and dropped.</summary>
    public void Abandon() => _abandoned = true;

    public bool TryRead([NotNullWhen(true)] out ExecEvent? exec)
    {
        if (!_events.Reader.TryRead(out exec))
        {
            return false;
        }

        Interlocked.Add(ref _bytes, -exec.Argv.Length);
        return true;
    }

    public async IAsyncEnumerable<ExecEvent> ReadAllAsync()
    {
        while (await _events.Reader.WaitToReadAsync())
        {
            while (TryRead(out ExecEvent? exec))
            {
                if (_abandoned)
                {
                    counters.Add(Counter.LostQueueFull);
                    continue;
                }

                yield return exec;
            }
        }
    }
}
