using Tallyman.Agent.Sources.Auditd;
using Xunit;

namespace Tallyman.Agent.Tests.Sources.Auditd;

public sealed class RotatedLogsTests
{
    [Theory]
    [InlineData("audit.log.10 audit.log.2 audit.log.1 audit.log")]
    [InlineData("audit.log.10.gz audit.log.2.gz audit.log.1 audit.log")]
    [InlineData("audit.log-20261120 audit.log-20261121 audit.log")]
    [InlineData("audit.log.20261120 audit.log.20261121 audit.log")]
    [InlineData("audit.log.202611 audit.log.202612 audit.log")]
    [InlineData("audit.log.2026-11-09 audit.log.2026-11-20.gz audit.log")]
    [InlineData("audit.log-2026-09-30 audit.log-2026-11-20 audit.log-2026-11-21 audit.log")]
    [InlineData("audit.log-20261120-1795132800 audit.log-20261120-1795219200 audit.log-20261121-1795219201 audit.log")]
    [InlineData("audit.log-20261120-080000-1795132800 audit.log-20261120-090000-1795136400 audit.log")]
    [InlineData("/a.1/audit.log.2 /a.1/audit.log")]
    [InlineData("/logs-1/audit.log-20261120 /logs-1/audit.log")]
    [InlineData("log.123456789012345678901234567890123456789012345")] // more than any number; a log of its own
    [InlineData(".1")]
    [InlineData("-20261121")]
    [InlineData("")]
    public void Files_of_one_log_are_in_order_from_the_oldest_on_whatever_order_they_are_given_in(string oldestFirst)
    {
        string[] files = oldestFirst.Split(' ');
        Assert.Equal(files, RotatedLogs.InOrder(files.Reverse()));
        Assert.Equal(files, RotatedLogs.InOrder(files.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void Files_of_several_logs_stay_apart() =>
        Assert.Equal(["b.log.1", "b.log", "a.log-2026-11-20", "a.log"], RotatedLogs.InOrder(["b.log", "a.log", "a.log-2026-11-20", "b.log.1"]));
}
