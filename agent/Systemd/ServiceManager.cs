using System.Globalization;

namespace Tallyman.Agent.Systemd;

/// <summary>
/// Tells systemd how the agent is: sd_notify(3), sd_watchdog_enabled(3). It outlives the host of the agent, as systemd has to
/// be patient for as long as what is in memory goes to the disk. Where there is no systemd it says nothing.
/// </summary>
internal sealed class ServiceManager : IDisposable
{
    private static readonly TimeSpan StatusEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ExtendEvery = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan ExtendBy = TimeSpan.FromSeconds(10);

    /// <summary>All farewells together take less; what takes longer hangs.</summary>
    private static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(60);

    private const long LongestWatchdog = 86_400_000_000; // a day: half of it is not sooner than any status

    private readonly NotifySocket? _socket;
    private readonly TimeSpan? _watchdog;
    private readonly TimeProvider _time;
    private readonly TimeSpan _every;
    private readonly Lock _turn = new();
    private ITimer? _timer;
    private Func<string?> _stuck = static () => null;
    private Func<string> _status = static () => "";
    private string _said = "";
    private long? _stopping;

    /// <param name="watchdog">How long systemd waits for a sign of life; null if it does not.</param>
    public ServiceManager(NotifySocket? socket, TimeSpan? watchdog, TimeProvider time) =>
        (_socket, _watchdog, _time, _every) = (socket, watchdog, time, watchdog / 2 is TimeSpan half && half < StatusEvery ? half : StatusEvery);

    /// <summary>As the environment says, which is then taken away from those that the agent starts.</summary>
    public static ServiceManager FromEnvironment(TimeProvider time)
    {
        string? address = Take("NOTIFY_SOCKET");
        string? microseconds = Take("WATCHDOG_USEC");
        string? process = Take("WATCHDOG_PID");
        bool isMeant = process is null || process == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        TimeSpan? watchdog = isMeant && long.TryParse(microseconds, NumberStyles.None, CultureInfo.InvariantCulture, out long patience) && patience > 0
            ? TimeSpan.FromMicroseconds(Math.Min(patience, LongestWatchdog))
            : null;
        return new ServiceManager(NotifySocket.Open(address), watchdog, time);

        static string? Take(string name)
        {
            string? value = Environment.GetEnvironmentVariable(name);
            Environment.SetEnvironmentVariable(name, null);
            return value;
        }
    }

    /// <summary>Executions are seen from now on. Signs of life follow for as long as nothing is stuck.</summary>
    /// <param name="stuck">What is; null if nothing is.</param>
    /// <param name="status">How the agent is, in one line.</param>
    public void Ready(Func<string?> stuck, Func<string> status)
    {
        if (_socket is null)
        {
            return;
        }

        lock (_turn)
        {
            (_stuck, _status) = (stuck, status);
            _said = status();
            _socket.TrySend($"READY=1\nSTATUS={_said}");
            _timer = _time.CreateTimer(_ => TakeTurn(), null, _every, _every);
        }
    }

    /// <summary>Configuration is read anew; <see cref="Reloaded"/> has to follow, whatever comes of it.</summary>
    public void Reloading() => Say(string.Create(
        CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={(long)((Int128)_time.GetTimestamp() * 1_000_000 / _time.TimestampFrequency)}"));

    public void Reloaded() => Say("READY=1");

    /// <summary>The agent ends, and asks for time until it has.</summary>
    public void Stopping()
    {
        lock (_turn)
        {
            _stopping = _time.GetTimestamp();
            _socket?.TrySend($"STOPPING=1\nSTATUS=Stopping\n{Extension}");
            TimeSpan every = _every < ExtendEvery ? _every : ExtendEvery;
            _timer?.Change(every, every);
        }
    }

    public void Dispose()
    {
        _timer?.Dispose();
        _socket?.Dispose();
    }

    /// <summary>Unless the agent ends, which is not to be taken back.</summary>
    private void Say(string message)
    {
        lock (_turn)
        {
            if (_stopping is null)
            {
                _socket?.TrySend(message);
            }
        }
    }

    private static string Extension => string.Create(CultureInfo.InvariantCulture, $"EXTEND_TIMEOUT_USEC={(long)ExtendBy.TotalMicroseconds}");

    private void TakeTurn()
    {
        lock (_turn)
        {
            var message = new List<string>();
            string? stuck = _stuck();
            if (_watchdog is not null && stuck is null)
            {
                message.Add("WATCHDOG=1");
            }

            if (_stopping is long since)
            {
                if (stuck is null && _time.GetElapsedTime(since) < LongestFarewell)
                {
                    message.Add(Extension);
                }
            }
            else if ((stuck is null ? _status() : $"Stuck: {stuck}") is string status && status != _said)
            {
                _said = status;
                message.Add($"STATUS={status}");
            }

            if (message.Count > 0)
            {
                _socket!.TrySend(string.Join('\n', message));
            }
        }
    }
}
