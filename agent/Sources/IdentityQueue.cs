using System.Collections.Concurrent;
using Tallyman.Agent.Status;

namespace Tallyman.Agent.Sources;

/// <summary>
/// Executions whose programs are still to be looked into, by one thread: bounded in number and in bytes, as one may have six
/// megabytes of arguments.
/// </summary>
/// <param name="mostBytes">Of arguments that may wait.</param>
internal sealed class IdentityQueue<T>(long mostBytes, Func<T, long> lengthOf, Progress progress) : IDisposable
{
    private const int Most = 1024;

    private readonly BlockingCollection<T> _waiting = new(Most);
    private long _bytes;

    public bool TryAdd(T exec)
    {
        long length = lengthOf(exec);
        if (Interlocked.Add(ref _bytes, length) <= mostBytes && _waiting.TryAdd(exec))
        {
            return true;
        }

        Interlocked.Add(ref _bytes, -length);
        return false;
    }

    /// <summary>Waits for more until it is complete.</summary>
    public IEnumerable<T> TakeAll()
    {
        foreach (T exec in _waiting.GetConsumingEnumerable())
        {
            Interlocked.Add(ref _bytes, -lengthOf(exec));
            progress.Beat(Stage.Identity);
            yield return exec;
            progress.Rest(Stage.Identity);
        }
    }

    /// <summary>No more follow.</summary>
    public void Complete() => _waiting.CompleteAdding();

    public void Dispose() => _waiting.Dispose();
}
