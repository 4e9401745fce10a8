using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;
using Tallyman.Agent.Tests.Spool;
using Xunit;

namespace Tallyman.Agent.Tests;

public class LossReporterTests
{
    [Fact]
    public async Task Losses_become_gaps_with_exact_counts_between_the_start_and_the_end()
    {
        using var directory = new TemporaryDirectory();
        var counters = new Counters();
        using RecordSpool spool = SomeSpool.Open(directory.Path);
        KeyValuePair<string, ulong>[] kernel = [new("kernel_lost_watched", 3), new("kernel_lost_unknown", 4)];
        using var reporter = new LossReporter(new StatusReport(counters, new Health(), () => kernel), spool, TimeProvider.System);
        await reporter.StartAsync(default);
        counters.Add(Counter.LostQueueFull, 5);
        counters.Add(Counter.LostAuditMalformed, 8);
        counters.Add(Counter.LostAuditHeadless, 1);
        counters.Add(Counter.LostSpoolEvicted, 6); // the spool says so itself
        await reporter.StopAsync(default);

        Assert.Equal(
            ["trail agent_started", "gap ringbuf_full 7 exactly", "gap queue_full 5 exactly", "gap auditd_unparsed 9 about", "trail agent_stopped"],
            RecordSpoolTests.Texts(await spool.ReadAllAsync()));
    }
}
