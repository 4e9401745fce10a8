using Tallyman.Agent.Delivery;
using Xunit;

namespace Tallyman.Agent.Tests.Delivery;

public class DeliveryPartsTests
{
    [Fact]
    public void A_fleet_is_spread_over_its_collectors_and_keeps_their_order()
    {
        Uri[] collectors = [new("http://a"), new("http://b"), new("http://c")];
        var first = Enumerable.Range(0, 3000).CountBy(i => new CollectorList(collectors, $"agent-{i}").Current).ToDictionary();
        Assert.All(collectors, collector => Assert.InRange(first[collector], 900, 1100));

        var list = new CollectorList(collectors, "agent");
        int start = Array.IndexOf(collectors, list.Current);
        list.Failed();
        list.Succeeded();
        list.Failed();
        Assert.Equal(collectors[start], list.Current); // not two in a row
        list.Failed();
        Assert.Equal(collectors[(start + 1) % 3], list.Current);
        list.SentAway();
        Assert.Equal(collectors[start], list.Current);
    }

    [Fact]
    public void The_window_has_room_for_one_batch_always_and_for_more_until_it_is_full()
    {
        var window = new InflightWindow(100_000);
        Assert.True(window.HasRoomFor(1_000_000));
        window.Add(10, 60_000);
        Assert.True(window.HasRoomFor(40_000));
        Assert.False(window.HasRoomFor(40_001));
        Task changed = window.Changed;
        Assert.False(window.TryAcknowledge(11));
        Assert.True(window.TryAcknowledge(9));
        Assert.False(window.HasRoomFor(40_001));
        Assert.True(window.TryAcknowledge(10));
        Assert.True(window.HasRoomFor(1_000_000));
        Assert.True(changed.IsCompleted);
    }

    [Fact]
    public void A_collector_sets_the_pace_within_bounds()
    {
        var time = new TimeByHand();
        var pace = new Pace(time);
        pace.Sent(1_000_000);
        Assert.Equal(TimeSpan.Zero, pace.Wait());

        pace.Set(10_000, TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.FromSeconds(3), pace.Wait());
        time.Now += TimeSpan.FromSeconds(3);
        Assert.Equal(TimeSpan.Zero, pace.Wait());
        pace.Sent(20_000);
        Assert.Equal(TimeSpan.FromSeconds(2), pace.Wait());

        pace.Set(1, TimeSpan.FromDays(1));
        Assert.Equal(TimeSpan.FromMinutes(5), pace.Wait());
        pace.Set(0, TimeSpan.Zero);
        pace.Sent(1_000_000);
        Assert.Equal(TimeSpan.Zero, pace.Wait());
    }
}
