using Xunit;

namespace Tallyman.Agent.Tests;

public sealed class MemoryBoundsTests
{
    [Theory]
    [InlineData(32)]
    [InlineData(128)]
    [InlineData(512)]
    [InlineData(16 * 1024)]
    public void What_waits_takes_a_quarter_of_the_memory_at_most(long available)
    {
        MemoryBounds bounds = MemoryBounds.Of(available * 1024 * 1024);
        Assert.InRange(bounds.Events + bounds.Spool + bounds.HeldAlerts + bounds.PrintedAlerts, 1, available * 1024 * 1024 / 4);
    }
}
