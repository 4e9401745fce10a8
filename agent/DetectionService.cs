using Microsoft.Extensions.Hosting;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.History;
using Tallyman.Agent.Model;
using Tallyman.Agent.Sources;
using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;
using Tallyman.Agent.Suppression;

namespace Tallyman.Agent;

/// <summary>The product: executions in, alerts out.</summary>
internal sealed class DetectionService(
    EventQueue events, Live<Detector> detectors, HostIdentity host, FloodControl flood, AlertHistory history, RecordSpool spool, AlertFeed feed, Counters counters, Progress progress, TimeProvider time)
    : BackgroundService
{
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(10);

    /// <summary>Judges what is waiting, as far as there is time, then ends. Others have to end after it, and need some, too.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        events.Complete();
        if (ExecuteTask is Task detecting)
        {
            using ITimer patience = time.CreateTimer(_ => events.Abandon(), null, Farewell, Timeout.InfiniteTimeSpan);
            await detecting;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using ITimer summaries = time.CreateTimer(_ => Summarise(all: false), null, FloodControl.SummaryAfter / 4, FloodControl.SummaryAfter / 4);
        await foreach (ExecEvent exec in events.ReadAllAsync())
        {
            progress.Beat(Stage.Detection);
            await JudgeAsync(exec);
            progress.Rest(Stage.Detection);
        }

        Summarise(all: true);
    }

    private async ValueTask JudgeAsync(ExecEvent exec)
    {
        Detector detector = detectors.Current;
        if (await detector.DetectAsync(exec, host) is (Alert alert, V1.Alert message))
        {
            Decide(message, detector.Exceptions.Take(alert, time.GetUtcNow()), alert);
        }
        else
        {
            counters.Add(Counter.NotInteresting);
        }
    }

    /// <param name="expected">Why the site wants to hear nothing of it, or less.</param>
    private void Decide(V1.Alert message, AlertException? expected, Alert alert)
    {
        history.Add(message, expected?.Name ?? "");
        if (expected is { LowerTo: null })
        {
            counters.Add(Counter.Excepted);
            return;
        }

        if (expected?.LowerTo is Severity severity && severity < alert.Verdict.Severity)
        {
            AlertMessage.Lower(message, severity, expected.Name);
            counters.Add(Counter.Lowered);
        }

        if (flood.Passes(alert, message, out bool replaced))
        {
            Report(message);
        }
        else if (replaced)
        {
            counters.Add(Counter.Suppressed);
            counters.Suppressed.Add(LeadingIndicator.Of(message)); // as that of the one which is replaced: both have the same
        }
    }

    private void Report(V1.Alert alert)
    {
        ulong sequence = spool.Append(new V1.Record { Alert = alert });
        feed.Add(alert, sequence);
        counters.Add(Counter.Alerts);
        counters.Alerts.Add(alert.Scores.Severity.ToString().ToLowerInvariant(), alert.CommandLine.Tool, LeadingIndicator.Of(alert));
        foreach (V1.Indicator indicator in alert.Indicators)
        {
            counters.Indicators.Add(indicator.Id);
        }
    }

    private void Summarise(bool all)
    {
        foreach (V1.Alert summary in flood.TakeSummaries(all))
        {
            Report(summary);
        }
    }
}
