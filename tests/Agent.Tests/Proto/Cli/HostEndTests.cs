using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tallyman.Cli;
using Xunit;

namespace Tallyman.Agent.Tests.Proto.Cli;

public sealed class HostEndTests
{
    [Theory]
    [InlineData(true, 70)]
    [InlineData(false, 0)]
    public async Task A_service_that_fails_is_told_from_one_that_was_ended(bool fails, int exitCode)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.ClearProviders();
        builder.Services.AddHostedService(_ => new Service(fails));
        using IHost host = builder.Build();
        await host.StartAsync();
        if (!fails)
        {
            await host.StopAsync();
        }

        await host.WaitForShutdownAsync();
        Assert.Equal(exitCode, HostEnd.ExitCodeOf(host));
    }

    private sealed class Service(bool fails) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            if (fails)
            {
                throw new InvalidOperationException("a bug");
            }

            await Task.Delay(Timeout.Infinite, stoppingToken);
        }
    }
}
