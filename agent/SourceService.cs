using Microsoft.Extensions.Hosting;
using Tallyman.Agent.Sources;

namespace Tallyman.Agent;

/// <summary>Starts the source last of all and stops it first, so that whatever it sees finds everybody in place.</summary>
internal sealed class SourceService(SourceLadder source, RunningProcesses running, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan BetweenChecks = TimeSpan.FromMinutes(1);

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        source.Start();
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        source.Stop();
    }

    /// <summary>Tools that were running before the source was started are looked for once; the source is looked at for ever.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Run(() => running.Report(source, stoppingToken), stoppingToken);
        using var timer = new PeriodicTimer(BetweenChecks, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await Task.Run(source.Check, stoppingToken);
        }
    }
}
