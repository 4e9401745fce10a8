using Microsoft.Extensions.Logging.Abstractions;
using Tallyman.Agent.Model;
using Tallyman.Agent.Sources;
using Tallyman.Agent.Status;
using Xunit;

namespace Tallyman.Agent.Tests.Sources;

public sealed class SourceLadderTests
{
    private readonly List<string> _happened = [];
    private readonly List<string> _told = [];
    private readonly Health _health = new();
    private bool _hasEbpf = true;
    private bool _hasAuditd = true;
    private bool _startsEbpf = true;
    private bool _isBlind; // eBPF, from its start
    private Source? _inUse;
    private int _running;

    [Theory]
    [InlineData(SourceChoice.Auto, true, true, "ebpf")]
    [InlineData(SourceChoice.Auto, false, true, "auditd")]
    [InlineData(SourceChoice.Ebpf, true, true, "ebpf")]
    [InlineData(SourceChoice.Auditd, true, true, "auditd")]
    public void The_first_that_can_be_had_is_in_use(SourceChoice choice, bool hasEbpf, bool hasAuditd, string source)
    {
        (_hasEbpf, _hasAuditd) = (hasEbpf, hasAuditd);
        using SourceLadder ladder = Started(choice);
        Assert.Equal(source, ladder.Name);
        Assert.Equal(1u, ladder.ReadCounters().Single(counter => counter.Key == "source_" + source).Value);
        Assert.Equal(1, _running);
    }

    [Fact]
    public void Where_there_is_none_both_reasons_are_said()
    {
        (_hasEbpf, _hasAuditd) = (false, false);
        Assert.Equal("no ebpf; and no auditd", Assert.Throws<SourceUnavailableException>(() => Started(SourceChoice.Auto)).Message);
        Assert.Equal("no ebpf", Assert.Throws<SourceUnavailableException>(() => Started(SourceChoice.Ebpf)).Message);
        Assert.Equal("no auditd", Assert.Throws<SourceUnavailableException>(() => Started(SourceChoice.Auditd)).Message);
    }

    [Fact]
    public void An_ebpf_that_loads_and_does_not_start_gives_way_too()
    {
        _startsEbpf = false;
        using SourceLadder ladder = Started(SourceChoice.Auto);
        Assert.Equal("auditd", ladder.Name);
        Assert.Equal(1, _running);
    }

    [Fact]
    public void One_that_dies_gives_way_and_one_that_becomes_possible_comes_back()
    {
        using SourceLadder ladder = Started(SourceChoice.Auto);
        ladder.Check();
        _hasEbpf = false;
        Die(ladder);
        Assert.Equal("auditd", ladder.Name);
        for (int i = 0; i < 10; i++)
        {
            ladder.Check();
        }

        Assert.Equal("auditd", ladder.Name);
        _hasEbpf = true;
        for (int i = 0; i < 5; i++)
        {
            ladder.Check();
        }

        Assert.Equal("ebpf", ladder.Name);
        Assert.Equal(["start ebpf", "forget auditd", "stop ebpf", "start auditd", "stop auditd", "start ebpf", "forget auditd"], _happened);
        Assert.Equal(
            [
                "source_chosen: ebpf",
                "source_died: ebpf since some time after 2026-11-22 12:00:00Z",
                "source_chosen: auditd, as eBPF is not to be had: no ebpf",
                "source_chosen: ebpf, which has become possible",
            ],
            _told);
    }

    [Fact]
    public void An_eBPF_that_was_detached_is_loaded_again_and_one_that_does_not_last_gives_way()
    {
        using SourceLadder ladder = Started(SourceChoice.Auto);
        ladder.Check();
        Die(ladder);
        Assert.Equal("ebpf", ladder.Name);
        Die(ladder);
        Assert.Equal("auditd", ladder.Name);
        Assert.Equal(["start ebpf", "forget auditd", "stop ebpf", "start ebpf", "forget auditd", "stop ebpf", "start auditd"], _happened);
        Assert.Equal("source_chosen: auditd, as eBPF is not to be had: it starts and soon sees nothing any more", _told[^1]);
        Die(ladder);
        Assert.Equal("ebpf", ladder.Name);
    }

    [Fact]
    public void An_eBPF_that_does_not_last_is_better_than_nothing()
    {
        _hasAuditd = false;
        using SourceLadder ladder = Started(SourceChoice.Auto);
        Die(ladder);
        Assert.Equal(("ebpf", 1), (ladder.Name, _running));
    }

    [Fact]
    public void An_eBPF_that_sees_nothing_is_not_taken_and_auditd_goes_on_where_it_was()
    {
        _isBlind = true;
        using SourceLadder ladder = Started(SourceChoice.Auto);
        Assert.Equal(("auditd", 1), (ladder.Name, _running));
        for (int i = 0; i < 5; i++)
        {
            ladder.Check();
        }

        Assert.Equal(["start ebpf", "stop ebpf", "start auditd", "stop auditd", "start ebpf", "stop ebpf", "start auditd"], _happened);
        Assert.Equal("source_chosen: auditd, as eBPF is not to be had: it starts and sees nothing", _told[^1]);
        _isBlind = false;
        for (int i = 0; i < 5; i++)
        {
            ladder.Check();
        }

        Assert.Equal(("ebpf", 1), (ladder.Name, _running));
    }

    [Fact]
    public void An_eBPF_that_was_asked_for_never_gives_way()
    {
        _isBlind = true;
        using SourceLadder ladder = Started(SourceChoice.Ebpf);
        ladder.Check();
        ladder.Check();
        Assert.Equal(("ebpf", 1), (ladder.Name, _running));
    }

    [Fact]
    public void With_none_left_it_goes_on_looking()
    {
        using SourceLadder ladder = Started(SourceChoice.Auto);
        (_hasEbpf, _hasAuditd) = (false, false);
        Die(ladder);
        ladder.Check();
        Assert.Equal(("", 0), (ladder.Name, _running));
        Assert.Equal(["no_source: no ebpf; and no auditd"], _health.Ailments());
        Assert.Equal("source_none: no ebpf; and no auditd", _told[^1]);
        _hasAuditd = true;
        ladder.Check();
        Assert.Equal(("auditd", 1), (ladder.Name, _running));
        Assert.Empty(_health.Ailments());
    }

    [Fact]
    public void What_one_source_has_counted_counts_on_with_the_next()
    {
        using SourceLadder ladder = Started(SourceChoice.Auto);
        _hasEbpf = false;
        Die(ladder);
        _hasEbpf = true;
        Die(ladder);
        Assert.Equal([1ul, 0ul, 2ul, 1ul], new[] { "source_ebpf", "source_auditd", "seen_by_ebpf", "seen_by_auditd" }.Select(name => ladder.ReadCounters().Single(counter => counter.Key == name).Value));
        Assert.Equal([new("room_of_ebpf", 5)], ladder.ReadCounters().Where(static counter => counter.Key.StartsWith("room_", StringComparison.Ordinal))); // is measured, and does not add up
    }

    [Fact]
    public void It_is_known_whether_there_is_a_source_before_anything_is_seen()
    {
        using var ladder = new SourceLadder(SourceChoice.Auto, Loaders, _health, Tell, Time, NullLogger<SourceLadder>.Instance);
        ladder.Load();
        Assert.Empty(_happened);
        ladder.Start();
        Assert.Equal(["start ebpf", "forget auditd"], _happened);
    }

    private static Noon Time { get; } = new();

    private SourceLoaders Loaders => new(
        () => _hasEbpf ? new Source(this, "ebpf") : throw new SourceUnavailableException("no ebpf"),
        () => _hasAuditd ? new Source(this, "auditd") : throw new SourceUnavailableException("no auditd"),
        () => _happened.Add("forget auditd"));

    private void Tell(string what, string detail) => _told.Add($"{what}: {detail}");

    private SourceLadder Started(SourceChoice choice)
    {
        var ladder = new SourceLadder(choice, Loaders, _health, Tell, Time, NullLogger<SourceLadder>.Instance);
        ladder.Start();
        return ladder;
    }

    /// <summary>The source in use sees nothing any more, which is looked at.</summary>
    private void Die(SourceLadder ladder)
    {
        _inUse!.IsDead = true;
        ladder.Check();
    }

    private sealed class Source(SourceLadderTests test, string name) : IExecSource
    {
        private bool _isRunning;

        public string Name => name;

        public void Start()
        {
            if (name == "ebpf" && !test._startsEbpf)
            {
                throw new SourceUnavailableException("no start");
            }

            Assert.Equal(0, test._running++);
            _isRunning = true;
            test._inUse = this;
            test._happened.Add($"start {name}");
        }

        public void Stop()
        {
            if (_isRunning)
            {
                _isRunning = false;
                test._running--;
                test._happened.Add($"stop {name}");
            }
        }

        public bool IsDead { get; set; }

        public bool IsAlive() => !IsDead && !(name == "ebpf" && test._isBlind);

        public ExecKey? RunningBefore(uint pid) => null;

        public IEnumerable<KeyValuePair<string, ulong>> ReadCounters() => [new("seen_by_" + name, 1)];

        public IEnumerable<KeyValuePair<string, ulong>> ReadGauges() => [new("room_of_" + name, 5)];

        public void Dispose() => Stop();
    }

    private sealed class Noon : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    }
}
