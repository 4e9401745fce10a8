using Tallyman.Agent.Status;

namespace Tallyman.Agent.Sources;

/// <summary>
/// Does work that may never end: a path can lead into a file system whose server does not answer, and a process can have
/// those wait who read its memory. Each piece has a thread of its own, which is left to itself when it takes too long.
/// </summary>
/// <param name="most">How many may be left to themselves at once; as long as they are so many, no work is begun.</param>
internal sealed class ExpendableThreads(int most, Counters counters, TimeProvider time)
{
    private int _running;

    /// <returns>Whether the work was done, in time and to its end.</returns>
    public async Task<bool> RunAsync(Action work, TimeSpan patience)
    {
        if (Interlocked.Increment(ref _running) > most)
        {
            Interlocked.Decrement(ref _running);
            return false;
        }

        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Run(work, done)) { Name = "expendable", IsBackground = true }.Start();
        try
        {
            return await done.Task.WaitAsync(patience, time);
        }
        catch (TimeoutException)
        {
            counters.Add(Counter.ManifestThreadsAbandoned);
            return false;
        }
    }

    private void Run(Action work, TaskCompletionSource<bool> done)
    {
        bool isDone = false;
        try
        {
            work();
            isDone = true;
        }
        catch (Exception)
        {
            // Whatever a hostile file made of its reader ends here, with the thread.
            counters.Add(Counter.ManifestThreadsFailed);
        }

        Interlocked.Decrement(ref _running);
        done.SetResult(isDone);
    }
}
