using Microsoft.Extensions.Hosting;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Manifests;
using Tallyman.Agent.Model;
using Tallyman.Agent.Redaction;
using Tallyman.Agent.Rules;
using Tallyman.Agent.Sources;
using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;
using Tallyman.Agent.Suppression;

namespace Tallyman.Agent;

/// <summary>The product: executions in, alerts out.</summary>
internal sealed class DetectionService(
    EventQueue events, ManifestReader manifests, RuleSet rules, HostIdentity host, Redactor redactor, FloodControl flood, RecordSpool spool,
    AlertPrinter printer, Counters counters, TimeProvider time)
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
            Invocation invocation = CommandLineReader.Read(exec);
            invocation = rules.ReadsManifests ? await manifests.ReadAsync(invocation, exec) : invocation;
            Verdict verdict = rules.Judge(invocation);
            if (!verdict.IsAlert)
            {
                counters.Add(Counter.NotInteresting);
                continue;
            }

            var alert = new Alert(AlertId.Of(host, exec.Key), exec, invocation, verdict);
            Redactions redactions = redactor.Redact(exec);
            counters.Add(redactions.IsClosed ? Counter.RedactionFailed : Counter.RedactedValues, redactions.IsClosed ? 1 : (ulong)redactions.Places.Length);
            V1.Alert message = AlertMessage.Of(alert, host, redactions);
            if (flood.Passes(alert, message, out bool replaced))
            {
                Report(message);
            }
            else if (replaced)
            {
                counters.Add(Counter.Suppressed);
            }
        }

        Summarise(all: true);
    }

    private void Report(V1.Alert alert)
    {
        ulong sequence = spool.Append(new V1.Record { Alert = alert });
        printer.Print(alert, sequence);
        counters.Add(Counter.Alerts);
    }

    private void Summarise(bool all)
    {
        foreach (V1.Alert summary in flood.TakeSummaries(all))
        {
            Report(summary);
        }
    }
}
