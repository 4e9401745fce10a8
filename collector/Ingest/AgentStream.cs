using Tallyman.Collector.Store;
using Tallyman.V1;

namespace Tallyman.Collector.Ingest;

/// <summary>What is known here of an agent that has or had a stream to this collector.</summary>
internal sealed class AgentStream(StreamPlace place, string host, string version, DateTimeOffset leaveAt, TimeProvider time)
{
    private readonly TaskCompletionSource<GoAway> _leave = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private long _heard = time.GetTimestamp();
    private DateTimeOffset _seen = time.GetUtcNow();
    private string _counters = "{}";
    private bool _isNews = true;

    public StreamPlace Place { get; } = place;

    /// <summary>When the agent is asked to come back by another way, so that a fleet spreads over its collectors.</summary>
    public DateTimeOffset LeaveAt { get; } = leaveAt;

    /// <summary>Completes when the agent is to be sent away.</summary>
    public Task<GoAway> Leave => _leave.Task;

    public bool IsSuperseded { get; private set; }

    public bool IsOpen { get; set; } = true;

    /// <summary>It is the collector that the agent waits for: its silence says nothing.</summary>
    public bool IsWaiting { get; set; }

    /// <summary>A finding about its silence is written.</summary>
    public bool IsFoundSilent { get; set; }

    /// <summary>How long nothing has been heard; by a clock that nobody sets.</summary>
    public TimeSpan Silence
    {
        get
        {
            lock (_lock)
            {
                return time.GetElapsedTime(_heard);
            }
        }
    }

    public void Heard(string? counters = null)
    {
        lock (_lock)
        {
            _heard = time.GetTimestamp();
            _seen = time.GetUtcNow();
            _counters = counters ?? _counters;
            _isNews = true;
            IsFoundSilent = false;
        }
    }

    public void SendAway(string reason, TimeSpan comeBackWithin, bool isSuperseded = false)
    {
        IsSuperseded |= isSuperseded;
        _leave.TrySetResult(new GoAway { Reason = reason, ReconnectAfterMilliseconds = (uint)comeBackWithin.TotalMilliseconds });
    }

    public HostState State()
    {
        lock (_lock)
        {
            return new HostState(Place, host, version, _seen, _counters);
        }
    }

    /// <returns>Its state, if that has not been taken since something was heard.</returns>
    public HostState? TakeNews()
    {
        lock (_lock)
        {
            bool isNews = _isNews;
            _isNews = false;
            return isNews ? State() : null;
        }
    }

    /// <summary>The state that was taken is not written.</summary>
    public void GiveBackNews()
    {
        lock (_lock)
        {
            _isNews = true;
        }
    }
}
