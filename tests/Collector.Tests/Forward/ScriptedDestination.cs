using Tallyman.Collector.Forward;
using Tallyman.Collector.Store;

namespace Tallyman.Collector.Tests.Forward;

/// <summary>Answers as it is told, and remembers what it has taken.</summary>
internal sealed class ScriptedDestination(Func<IReadOnlyList<string>, Answer> answer) : IDestination
{
    private readonly Lock _lock = new();
    private readonly List<string> _taken = [];

    public string Name => "the test";

    public int Requests { get; private set; }

    public IReadOnlyList<string> Taken
    {
        get
        {
            lock (_lock)
            {
                return [.. _taken];
            }
        }
    }

    public async Task<Answer> SendAsync(IReadOnlyList<StoredAlert> alerts, CancellationToken cancel)
    {
        await Task.Yield();
        cancel.ThrowIfCancellationRequested();
        string[] ids = [.. alerts.Select(static stored => stored.Alert.Id)];
        lock (_lock)
        {
            Requests++;
            Answer given = answer(ids);
            if (given.Verdict == Verdict.Taken)
            {
                _taken.AddRange(ids);
            }

            return given;
        }
    }

    public void Dispose()
    {
    }
}
