using Tallyman.Agent.Systemd;
using Xunit;

namespace Tallyman.Agent.Tests.Systemd;

/// <summary>Against a real socket, with a clock that the test moves.</summary>
public sealed class ServiceManagerTests : IDisposable
{
    private const string Extension = "EXTEND_TIMEOUT_USEC=10000000";

    private readonly ClockByHand _clock = new();
    private readonly NotifiedSocket _systemd = new();
    private string? _stuck;
    private string _status = "fine";

    public void Dispose() => _systemd.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Ready_comes_through_a_path_and_through_an_abstract_name(bool isAbstract)
    {
        using var systemd = new NotifiedSocket(isAbstract);
        using var manager = new ServiceManager(NotifySocket.Open(systemd.Address), null, _clock);
        Assert.Empty(systemd.ReceiveAll());

        manager.Ready(() => _stuck, () => _status);
        Assert.Equal("READY=1\nSTATUS=fine", systemd.Receive());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("@")]
    [InlineData("vsock:2:1234")]
    [InlineData("relative")]
    public void What_is_no_address_of_a_socket_is_none(string? address) => Assert.Null(NotifySocket.Open(address));

    [Fact]
    public void An_address_that_is_too_long_is_none() => Assert.Null(NotifySocket.Open("/" + new string('x', 200)));

    [Theory]
    [InlineData("4000000", null, true)]
    [InlineData("4000000", "self", true)]
    [InlineData("4000000", "1", false)]
    [InlineData("0", null, false)]
    [InlineData("-1", null, false)]
    [InlineData("soon", null, false)]
    [InlineData(null, "self", false)]
    public void The_environment_says_whether_signs_of_life_are_waited_for_and_goes_to_no_child(string? microseconds, string? process, bool isWaitedFor)
    {
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", _systemd.Address);
        Environment.SetEnvironmentVariable("WATCHDOG_USEC", microseconds);
        Environment.SetEnvironmentVariable("WATCHDOG_PID", process == "self" ? $"{Environment.ProcessId}" : process);
        using var manager = ServiceManager.FromEnvironment(_clock);
        Assert.All(["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"], static (string name) => Assert.Null(Environment.GetEnvironmentVariable(name)));

        manager.Ready(() => _stuck, () => _status);
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(isWaitedFor ? ["READY=1\nSTATUS=fine", "WATCHDOG=1"] : ["READY=1\nSTATUS=fine"], _systemd.ReceiveAll());
    }

    [Fact]
    public void Signs_of_life_come_twice_in_the_time_that_systemd_waits()
    {
        using ServiceManager manager = Ready(TimeSpan.FromSeconds(6));
        _clock.Advance(TimeSpan.FromSeconds(2.9));
        Assert.Empty(_systemd.ReceiveAll());

        _clock.Advance(TimeSpan.FromSeconds(6.1));
        Assert.Equal(["WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"], _systemd.ReceiveAll());
    }

    [Fact]
    public void A_pipeline_that_is_stuck_gives_no_sign_of_life_and_says_why()
    {
        using ServiceManager manager = Ready(TimeSpan.FromSeconds(6));
        _stuck = "detection has not gone on for 31 s";
        _clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(["STATUS=Stuck: detection has not gone on for 31 s"], _systemd.ReceiveAll());

        _stuck = null;
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(["WATCHDOG=1\nSTATUS=fine"], _systemd.ReceiveAll());
    }

    [Fact]
    public void Without_a_watchdog_only_what_is_new_is_said()
    {
        using ServiceManager manager = Ready(null);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(_systemd.ReceiveAll());

        _status = "worse";
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(["STATUS=worse"], _systemd.ReceiveAll());
    }

    [Fact]
    public void The_end_begins_with_a_word_and_asks_for_time_as_long_as_it_takes_within_bounds()
    {
        using ServiceManager manager = Ready(TimeSpan.FromSeconds(60));
        manager.Stopping();
        Assert.Equal(["STOPPING=1\nSTATUS=Stopping\n" + Extension], _systemd.ReceiveAll());

        _status = "not asked for any more";
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["WATCHDOG=1\n" + Extension, "WATCHDOG=1\n" + Extension], _systemd.ReceiveAll());

        var later = new List<string>();
        for (int i = 0; i < 12; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(5));
            later.AddRange(_systemd.ReceiveAll()); // few messages have room
        }

        Assert.Equal((21, 3), (later.Count(static message => message.Contains(Extension, StringComparison.Ordinal)), later.Count(static message => message == "WATCHDOG=1")));
    }

    [Fact]
    public void A_reload_begins_at_a_time_of_the_kernels_clock_and_ends_ready()
    {
        using var manager = new ServiceManager(NotifySocket.Open(_systemd.Address), null, TimeProvider.System);
        long before = Microseconds();
        manager.Reloading();
        string[] lines = _systemd.Receive().Split('\n');
        Assert.Equal("RELOADING=1", lines[0]);
        Assert.InRange(long.Parse(lines[1]["MONOTONIC_USEC=".Length..], System.Globalization.CultureInfo.InvariantCulture), before, Microseconds());

        manager.Reloaded();
        Assert.Equal("READY=1", _systemd.Receive());

        // Python asks clock_gettime(CLOCK_MONOTONIC), as systemd does.
        static long Microseconds() => long.Parse(Programs.Run("/usr/bin/python3", "-c", "import time; print(time.monotonic_ns() // 1000)").Output, System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public void A_reload_does_not_take_an_end_back()
    {
        using ServiceManager manager = Ready(null);
        manager.Stopping();
        _systemd.Receive();
        manager.Reloading();
        manager.Reloaded();
        Assert.Empty(_systemd.ReceiveAll());
    }

    [Fact]
    public void A_manager_that_is_gone_holds_nothing_up()
    {
        using var manager = new ServiceManager(NotifySocket.Open("/nowhere/notify"), TimeSpan.FromSeconds(6), _clock);
        manager.Ready(() => _stuck, () => _status);
        _clock.Advance(TimeSpan.FromSeconds(30));
        manager.Stopping();
    }

    private ServiceManager Ready(TimeSpan? watchdog)
    {
        var manager = new ServiceManager(NotifySocket.Open(_systemd.Address), watchdog, _clock);
        manager.Ready(() => _stuck, () => _status);
        Assert.Equal("READY=1\nSTATUS=fine", _systemd.Receive());
        return manager;
    }
}
