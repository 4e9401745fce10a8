using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Tallyman.Cli;

/// <summary>How a host has ended.</summary>
public static class HostEnd
{
    /// <returns>That it was told to, or that one of its services failed, so that it is started again.</returns>
    public static int ExitCodeOf(IHost host) =>
        host.Services.GetServices<IHostedService>().OfType<BackgroundService>().Any(static service => service.ExecuteTask is { IsFaulted: true })
            ? ExitCode.Software
            : ExitCode.Fine;
}
