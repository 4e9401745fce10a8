using Microsoft.Extensions.Logging.Abstractions;
using Tallyman.Agent.Sources;
using Xunit;

namespace Tallyman.Agent.Tests.Sources;

public sealed class SourceLadderTests
{
    private readonly List<string> _happened = [];
    private bool _hasEbpf = true;
    private bool _hasAuditd = true;
    private bool _startsEbpf = true;
    private bool _dead;
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
        _hasEbpf = false;
        _dead = true;
        ladder.Check();
        _dead = false;
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
        Assert.Equal(["start ebpf", "forget auditd", "stop ebpf", "start auditd at its end", "stop auditd", "start ebpf", "forget auditd"], _happened);
    }

    [Fact]
    public void With_none_left_it_goes_on_looking()
    {
        using SourceLadder ladder = Started(SourceChoice.Auto);
        (_hasEbpf, _hasAuditd, _dead) = (false, false, true);
        ladder.Check();
        ladder.Check();
        Assert.Equal(("", 0), (ladder.Name, _running));
        (_hasAuditd, _dead) = (true, false);
        ladder.Check();
        Assert.Equal(("auditd", 1), (ladder.Name, _running));
    }

    private SourceLadder Started(SourceChoice choice)
    {
        var ladder = new SourceLadder(
            choice,
            () => _hasEbpf ? new Source(this, "ebpf", "") : throw new SourceUnavailableException("no ebpf"),
            goesOn => _hasAuditd ? new Source(this, "auditd", goesOn ? " where it ended" : " at its end") : throw new SourceUnavailableException("no auditd"),
            () => _happened.Add("forget auditd"),
            NullLogger<SourceLadder>.Instance);
        ladder.Start();
        return ladder;
    }

    private sealed class Source(SourceLadderTests test, string name, string how) : IExecSource
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
            test._happened.Add($"start {name}{how}");
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

        public bool IsAlive() => !test._dead;

        public IEnumerable<KeyValuePair<string, ulong>> ReadCounters() => [];

        public void Dispose() => Stop();
    }
}
