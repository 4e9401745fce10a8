namespace Tallyman.Agent.Tests;

/// <summary>A clock that goes on only where the test says so.</summary>
internal sealed class TimeByHand : TimeProvider
{
    public TimeSpan Now { get; set; } = TimeSpan.FromSeconds(1);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Now.Ticks;
}
