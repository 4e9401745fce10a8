using Google.Protobuf.WellKnownTypes;
using Tallyman.Agent.Model;
using Tallyman.Agent.Suppression;
using Xunit;

namespace Tallyman.Agent.Tests.Suppression;

public class FloodControlTests
{
    private readonly TimeByHand _time = new();
    private readonly FloodControl _flood;

    public FloodControlTests() => _flood = new FloodControl(_time);

    [Fact]
    public void A_hundred_at_once_and_one_a_second_go_through()
    {
        Assert.Equal(100, Enumerable.Range(0, 100).Count(_ => Passes("a")));
        _time.Now += FloodControl.Every;
        Assert.True(Passes("a"));
        Assert.False(Passes("a"));
    }

    [Fact]
    public void A_summary_comes_after_a_minute_and_counts_the_others()
    {
        for (int i = 0; i < 150; i++)
        {
            Passes("a");
        }

        Assert.Equal(1, _flood.Held);
        Assert.Empty(_flood.TakeSummaries(all: false));
        _time.Now += FloodControl.SummaryAfter;
        Assert.Equal(49ul, Assert.Single(_flood.TakeSummaries(all: false)).Repeated);
        Assert.Equal(0, _flood.Held);
        Assert.True(Passes("a"));
    }

    [Fact]
    public void However_many_command_lines_there_are_the_table_has_a_bound_and_nothing_is_held_up()
    {
        Assert.All(Enumerable.Range(0, 10_000), i => Assert.True(Passes($"line-{i}")));
        Assert.True(Enumerable.Range(0, 300).All(_ => Passes("one more")));
        _time.Now += FloodControl.Burst * FloodControl.Every;
        _flood.TakeSummaries(all: false); // forgets who has been quiet
        Assert.Contains(Enumerable.Range(0, 300), _ => !Passes("one more"));
    }

    private bool Passes(string word)
    {
        ExecEvent exec = Some.Exec("docker", "run", word);
        var alert = new Alert("id", exec, new Invocation(Tool.Docker, "container run"), new Verdict([], 0, default, ""));
        return _flood.Passes(alert, new V1.Alert { Time = Timestamp.FromDateTimeOffset(Some.Time) }, out _);
    }
}
