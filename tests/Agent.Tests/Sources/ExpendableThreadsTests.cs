using Tallyman.Agent.Sources;
using Tallyman.Agent.Status;
using Xunit;

namespace Tallyman.Agent.Tests.Sources;

public sealed class ExpendableThreadsTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromDays(1);

    private readonly Counters _counters = new();
    private readonly ManualResetEventSlim _never = new();

    public void Dispose()
    {
        _never.Set();
        _never.Dispose();
    }

    [Fact]
    public async Task Work_is_done_on_a_thread_of_its_own()
    {
        int thread = Environment.CurrentManagedThreadId;
        Assert.True(await Threads(1).RunAsync(() => thread = Environment.CurrentManagedThreadId, Long));
        Assert.NotEqual(Environment.CurrentManagedThreadId, thread);
    }

    [Fact]
    public async Task Work_that_hangs_is_left_to_itself_and_takes_its_place_with_it()
    {
        ExpendableThreads threads = Threads(2);
        Assert.False(await threads.RunAsync(_never.Wait, TimeSpan.FromMilliseconds(1)));
        Assert.True(await threads.RunAsync(static () => { }, Long));
        Assert.False(await threads.RunAsync(_never.Wait, TimeSpan.FromMilliseconds(1)));

        Assert.False(await threads.RunAsync(static () => throw new InvalidOperationException("is never begun"), Long));
        Assert.Equal((2u, 0u), (_counters[Counter.ManifestThreadsAbandoned], _counters[Counter.ManifestThreadsFailed]));

        _never.Set();
        while (!await threads.RunAsync(static () => { }, Long))
        {
            await Task.Delay(5);
        }
    }

    [Fact]
    public async Task Work_that_fails_ends_nothing_but_its_thread()
    {
        ExpendableThreads threads = Threads(1);
        Assert.False(await threads.RunAsync(static () => throw new InvalidOperationException("a mistake"), Long));
        Assert.Equal(1u, _counters[Counter.ManifestThreadsFailed]);
        Assert.True(await threads.RunAsync(static () => { }, Long));
    }

    private ExpendableThreads Threads(int most) => new(most, _counters, TimeProvider.System);
}
