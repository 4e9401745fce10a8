using Microsoft.Extensions.Hosting;
using Tallyman.Agent.Model;
using Tallyman.Agent.Sources;
using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;

namespace Tallyman.Agent;

/// <summary>The product: executions in, alerts out.</summary>
internal sealed class DetectionService(
    EventQueue events, Detector detector, HostIdentity host, MemorySpool spool, AlertPrinter printer, Counters counters)
    : BackgroundService
{
    /// <summary>Judges what is waiting, then ends.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        events.Complete();
        if (ExecuteTask is Task detecting)
        {
            await detecting.WaitAsync(cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (ExecEvent exec in events.ReadAllAsync())
        {
            if (await detector.DetectAsync(exec, host) is not V1.Alert message)
            {
                counters.Add(Counter.NotInteresting);
                continue;
            }

            ulong sequence = spool.Append(new V1.Record { Alert = message });
            printer.Print(message, sequence);
            counters.Add(Counter.Alerts);
        }
    }
}
