using Microsoft.Extensions.Hosting;
using Tallyman.Agent.Status;

namespace Tallyman.Agent.Systemd;

/// <summary>Started last of all and stopped first, so that systemd hears of a source that is attached, and of an end at its beginning.</summary>
internal sealed class SystemdService(ServiceManager manager, Probes probes, StatusReport report) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        manager.Ready(probes.Liveness, report.Line);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        manager.Stopping();
        return Task.CompletedTask;
    }
}
