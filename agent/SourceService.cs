using Microsoft.Extensions.Hosting;
using Tallyman.Agent.Sources;
using Tallyman.Agent.Sources.Ebpf;

namespace Tallyman.Agent;

/// <summary>Attaches the source last of all and detaches it first, so that whatever it sees finds everybody in place.</summary>
internal sealed class SourceService(EbpfExecSource source, RunningProcesses running) : BackgroundService
{
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

    /// <summary>Tools that were running before the source was attached are looked for once.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Run(() => running.Report(stoppingToken), stoppingToken);
}
