using Tallyman.Agent.Sources;
using Xunit;

namespace Tallyman.Agent.Tests.Sources;

public class WaitingTimeTests
{
    [Fact]
    public void Some_seconds_at_once_and_a_tenth_of_all_time_in_the_long_run()
    {
        var clock = new Clock();
        var waiting = new WaitingTime(clock);
        double waited = 0;
        for (int i = 0; i < 1000; i++)
        {
            TimeSpan left = waiting.Left();
            Assert.InRange(left, TimeSpan.Zero, TimeSpan.FromSeconds(5));
            waiting.Spend(left);
            waited += left.TotalSeconds;
            clock.Seconds += left.TotalSeconds + 1;
        }

        Assert.InRange(waited, clock.Seconds / 10, (clock.Seconds / 10) + 10);
    }

    [Fact]
    public void Time_spent_beyond_what_was_left_is_paid_back()
    {
        var clock = new Clock();
        var waiting = new WaitingTime(clock);
        waiting.Spend(TimeSpan.FromSeconds(20));
        Assert.Equal(TimeSpan.Zero, waiting.Left());
        clock.Seconds += 110;
        Assert.Equal(TimeSpan.FromSeconds(1), waiting.Left());
    }

    private sealed class Clock : TimeProvider
    {
        public double Seconds { get; set; }

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => (long)(Seconds * 1000);
    }
}
