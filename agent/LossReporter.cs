using Microsoft.Extensions.Hosting;
using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;
using Tallyman.Cli;

namespace Tallyman.Agent;

/// <summary>
/// Tells collectors what no alert tells: what was lost since it last looked, by the counters, and when the agent began and
/// ended. What the spool loses it tells itself, in the places of what is lost.
/// </summary>
internal sealed class LossReporter(StatusReport report, RecordSpool spool, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    /// <summary>What is counted there is not executions, but parts of them.</summary>
    private static readonly string[] Inexact = ["auditd_lost", "auditd_unparsed", "auditd_gap"];

    private static readonly (string Counter, string Reason)[] Reasons =
    [
        .. Losses.Reported,
        ("nacked_own", "nacked"),
        ("suppressed", "rate_limited"),
    ];

    private Dictionary<string, ulong> _reported = [];
    private DateTimeOffset _since = time.GetUtcNow();

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        Tell("agent_started", spool.PreviousRun switch
        {
            null => $"{ProgramVersion.Text}, the first run with this state directory",
            (_, true) => $"{ProgramVersion.Text}, the run before ended as it should",
            (_, false) => $"{ProgramVersion.Text}, the run before did not end as it should",
        });
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        ReportLosses();
        Tell("agent_stopped", report.ToString());
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.TicksAsync(stoppingToken))
        {
            ReportLosses();
        }
    }

    private void ReportLosses()
    {
        Dictionary<string, ulong> counters = report.Counters().ToDictionary();
        DateTimeOffset now = time.GetUtcNow();
        foreach (IGrouping<string, ulong> lost in Reasons.GroupBy(static row => row.Reason, row => Lost(row.Counter)))
        {
            ulong count = lost.Aggregate(0ul, static (sum, each) => sum + each);
            if (count > 0)
            {
                spool.Append(new V1.Record { Gap = Gaps.Of(lost.Key, count, _since, now, isExact: !Inexact.Contains(lost.Key)) });
            }
        }

        (_reported, _since) = (counters, now);

        ulong Lost(string counter) => counters.GetValueOrDefault(counter) - _reported.GetValueOrDefault(counter);
    }

    private void Tell(string what, string detail) => spool.Append(Trail.Of(what, detail, time.GetUtcNow()));
}
