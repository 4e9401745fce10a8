using Tallyman.Agent.Status;
using Xunit;

namespace Tallyman.Agent.Tests.Status;

public class ProbesTests
{
    private readonly ClockByHand _clock = new();
    private readonly Health _health = new();
    private readonly Progress _progress;
    private bool _hasSource = true;

    public ProbesTests() => _progress = new Progress(_clock);

    [Fact]
    public void Startup_waits_for_a_source()
    {
        _hasSource = false;
        Assert.NotNull(Probes().Startup());
        Assert.NotNull(Probes().Readiness());
        Assert.Null(Probes().Liveness());

        _health[Ailment.NoSource] = "no BTF";
        Assert.Equal("no BTF", Probes().Startup());

        _hasSource = true;
        Assert.Null(Probes().Startup());
    }

    [Theory]
    [InlineData(false, false, true, true)]
    [InlineData(true, false, true, true)]
    [InlineData(false, true, true, true)]
    [InlineData(true, true, true, false)]
    [InlineData(true, false, false, false)]
    [InlineData(false, false, false, true)]
    public void It_is_ready_where_records_get_to_the_disk_or_to_a_collector(bool diskFails, bool collectorAway, bool hasCollectors, bool isReady)
    {
        _health[Ailment.SpoolFailing] = diskFails ? "disk full" : null;
        _health[Ailment.CollectorAway] = collectorAway ? "connection refused" : null;

        Assert.Equal(isReady, Probes(hasCollectors).Readiness() is null);
        Assert.Null(Probes(hasCollectors).Liveness());
    }

    [Fact]
    public void Nothing_that_a_restart_does_not_mend_makes_it_die()
    {
        foreach (Ailment ailment in Enum.GetValues<Ailment>())
        {
            _health[ailment] = "bad";
        }

        Assert.Null(Probes().Liveness());
    }

    [Theory]
    [InlineData(Stage.Source, "source has not gone on for 31 s")]
    [InlineData(Stage.Identity, "identity has not gone on for 31 s")]
    [InlineData(Stage.Detection, "detection has not gone on for 31 s")]
    public void A_stage_that_is_stuck_makes_it_die_until_it_goes_on(Stage stage, string why)
    {
        _progress.Beat(stage);
        _clock.Advance(Progress.Patience);
        Assert.Null(Probes().Liveness());

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(why, Probes().Liveness());

        _progress.Beat(stage);
        Assert.Null(Probes().Liveness());
    }

    [Fact]
    public void A_stage_with_nothing_to_do_may_rest_for_ever()
    {
        _progress.Beat(Stage.Detection);
        _progress.Rest(Stage.Detection);
        _clock.Advance(TimeSpan.FromDays(1));

        Assert.Null(Probes().Liveness());
    }

    private Probes Probes(bool delivers = true) => new(_health, _progress, () => _hasSource, () => delivers);
}
