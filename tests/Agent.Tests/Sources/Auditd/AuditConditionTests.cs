using Microsoft.Extensions.Logging.Abstractions;
using Tallyman.Agent.Model;
using Tallyman.Agent.Sources;
using Tallyman.Agent.Sources.Auditd;
using Tallyman.Agent.Status;
using Xunit;

namespace Tallyman.Agent.Tests.Sources.Auditd;

public sealed class AuditConditionTests
{
    private readonly AuditWriter _writer = new(new Random(1));
    private readonly Health _health = new();
    private ulong _serial;

    [Theory]
    [InlineData(100u, new uint[] { 100, 103, 103 }, 3)]
    [InlineData(100u, new uint[] { 103, 0, 2, 7 }, 10)] // auditctl --reset-lost
    [InlineData(100u, new uint[] { 4 }, 4)]
    [InlineData(uint.MaxValue, new uint[] { 5, uint.MaxValue, 0, uint.MaxValue }, 8589934590)]
    [InlineData(null, new uint[] { 100, 105 }, 5)]
    public void What_is_lost_is_summed_up_whatever_becomes_of_the_kernels_counter(uint? first, uint[] counts, ulong sum)
    {
        var lost = new LostRecords(first);
        Assert.Equal(first is null ? null : 0ul, lost.Sum);
        Assert.All(counts, count => lost.Add(count));
        Assert.Equal(sum, lost.Sum);
    }

    [Theory]
    [InlineData(true, false, 7u, "", null)]
    [InlineData(false, false, 0u, "", "auditing is switched off: auditctl -e 1; no auditd runs: systemctl start auditd")]
    [InlineData(true, false, 7u, "auditctl -a x|auditctl -a y", "rules are missing: auditctl -a x && auditctl -a y")]
    [InlineData(true, true, 7u, "", null)]
    [InlineData(true, true, 7u, "auditctl -a x", "rules are missing, and they are locked until a reboot: change /etc/audit/rules.d so that the next boot does auditctl -a x, and reboot")]
    public void What_is_wrong_is_said_with_what_is_to_be_done(bool isEnabled, bool isLocked, uint daemon, string rules, string? said) =>
        Assert.Equal(said, AuditCondition.WrongIn(new AuditKernel(isEnabled, isLocked, daemon, 0), rules.Split('|', StringSplitOptions.RemoveEmptyEntries)));

    [Fact]
    public void Only_the_agents_own_execution_shows_that_the_log_is_written_to()
    {
        var condition = new AuditCondition("audit.log", _health, NullLogger.Instance);
        condition.CheckMarker();
        Assert.Null(_health[Ailment.AuditSilent]);
        condition.See(Execution("/bin/true", Marker.Word));
        condition.CheckMarker();
        Assert.Null(_health[Ailment.AuditSilent]);
        condition.See(Execution("docker", "ps"));
        condition.See(Execution("/bin/true", "tallyman-marker-1"));
        condition.CheckMarker();
        Assert.NotNull(_health[Ailment.AuditSilent]);
        condition.See(Execution("/bin/true", Marker.Word));
        condition.CheckMarker();
        Assert.Null(_health[Ailment.AuditSilent]);
    }

    private AuditExec Execution(params string[] argv) =>
        Assert.Single(AuditRun.Of(_writer.Write(Some.Time, ++_serial, [.. argv.Select(System.Text.Encoding.UTF8.GetBytes)])).Seen);
}
