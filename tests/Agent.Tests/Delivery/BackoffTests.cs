using Tallyman.Grpc;
using Xunit;

namespace Tallyman.Agent.Tests.Delivery;

public class BackoffTests
{
    [Fact]
    public void Waits_grow_to_a_minute_and_are_spread_over_all_of_it()
    {
        var backoff = new Backoff(new Random(1), TimeSpan.FromSeconds(0.5));
        TimeSpan[] waits = [.. Enumerable.Range(0, 200).Select(_ => backoff.Next())];

        Assert.InRange(waits[0], TimeSpan.Zero, TimeSpan.FromSeconds(0.5));
        Assert.InRange(waits[1], TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.All(waits, static wait => Assert.InRange(wait, TimeSpan.Zero, TimeSpan.FromSeconds(60)));
        Assert.InRange(waits.Skip(10).Average(static wait => wait.TotalSeconds), 20, 40);
    }

    [Fact]
    public void After_a_stable_connection_it_begins_anew()
    {
        var backoff = new Backoff(new Random(1), TimeSpan.FromSeconds(0.5));
        for (int i = 0; i < 10; i++)
        {
            backoff.Next();
        }

        backoff.Reset();
        Assert.InRange(backoff.Next(), TimeSpan.Zero, TimeSpan.FromSeconds(0.5));
    }
}
