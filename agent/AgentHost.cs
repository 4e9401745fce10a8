using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tallyman.Agent.Delivery;
using Tallyman.Agent.Manifests;
using Tallyman.Agent.Model;
using Tallyman.Agent.Redaction;
using Tallyman.Agent.Rules;
using Tallyman.Agent.Sources;
using Tallyman.Agent.Sources.Auditd;
using Tallyman.Agent.Sources.Ebpf;
using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;
using Tallyman.Cli;

namespace Tallyman.Agent;

/// <summary>What "tallyman run" was told.</summary>
/// <param name="Collector">Null to keep alerts on this host.</param>
/// <param name="State">The directory for what outlives the agent.</param>
/// <param name="AuditLog">Where auditd writes.</param>
internal sealed record AgentOptions(Uri? Collector, string Profile, string State, PrintFormat Print, SourceChoice Source, string AuditLog);

/// <summary>Composition root of the agent.</summary>
internal static partial class AgentHost
{
    public static async Task<int> RunAsync(AgentOptions options)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        MessageFormatter.AddTo(builder.Logging);
        IServiceCollection services = builder.Services;
        services.AddSingleton(HostIdentityReader.Read());
        services.AddSingleton(RuleSet.Shipped(options.Profile));
        services.AddSingleton(new Redactor(RedactionKey.LoadOrCreate(options.State, out string? keyFailure)));
        services.AddSingleton<Counters>();
        services.AddSingleton<EventQueue>();
        services.AddSingleton<MemorySpool>();
        services.AddSingleton(new ProcFs());
        services.AddSingleton<RunningProcesses>();
        services.AddSingleton<ManifestReader>();
        services.AddSingleton<ReadManifests>(static provider => provider.GetRequiredService<ManifestReader>().ReadAsync);
        services.AddSingleton<Detector>();
        services.AddSingleton(provider => CreateSource(provider, options));
        services.AddSingleton(provider => new StatusReport(
            provider.GetRequiredService<Counters>(), provider.GetRequiredService<SourceLadder>().ReadCounters));

        // Started in this order and stopped in the reverse one: what is seen is judged, then printed, then delivered.
        if (options.Collector is Uri collector)
        {
            services.AddSingleton(provider => new DeliveryOptions(collector, HelloOf(provider.GetRequiredService<HostIdentity>())));
            services.AddSingleton<IngestStreamFactory>();
            services.AddHostedService<DeliveryService>();
        }

        services.AddSingleton(PrinterOf(options.Print));
        services.AddHostedService(provider => provider.GetRequiredService<AlertPrinter>());
        services.AddHostedService<DetectionService>();
        services.AddHostedService<SourceService>();

        using IHost host = builder.Build();
        ILogger logger = host.Services.GetRequiredService<ILogger<SourceLadder>>();
        try
        {
            await host.StartAsync();
        }
        catch (SourceUnavailableException e)
        {
            throw new UserException(e.IsPermission ? ExitCode.NoPermission : ExitCode.Unavailable, e.Message);
        }

        if (keyFailure is not null)
        {
            LogNoKey(logger, options.State, keyFailure);
        }

        LogWatching(logger, options.Profile);
        await host.WaitForShutdownAsync();
        LogGoodbye(logger, host.Services.GetRequiredService<StatusReport>());
        return ExitCode.Fine;
    }

    private static SourceLadder CreateSource(IServiceProvider provider, AgentOptions options)
    {
        EventQueue events = provider.GetRequiredService<EventQueue>();
        Counters counters = provider.GetRequiredService<Counters>();
        ProcFs proc = provider.GetRequiredService<ProcFs>();
        TimeProvider time = provider.GetRequiredService<TimeProvider>();
        ILogger<SourceLadder> logger = provider.GetRequiredService<ILogger<SourceLadder>>();
        return new SourceLadder(
            options.Source,
            () => EbpfExecSource.Load(events, counters, proc, time, logger),
            goesOn => AuditExecSource.Load(new AuditLogOptions(options.AuditLog, options.State), goesOn, events, counters, proc, time, logger),
            () => AuditCursor.Delete(options.State),
            logger);
    }

    private static AlertPrinter PrinterOf(PrintFormat format) =>
        new(format, new StreamWriter(Console.OpenStandardOutput()), Terminal.WantsColour);

    private static V1.Hello HelloOf(HostIdentity host) => new()
    {
        AgentId = host.Id,
        Host = new V1.Host { Id = host.Id, Name = host.Name, BootId = host.BootId },
        Epoch = (ulong)new Random().NextInt64(1, long.MaxValue),
        Version = ProgramVersion.Text,
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "Watching, profile {Profile}")]
    private static partial void LogWatching(ILogger logger, string profile);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No key of redaction can be kept in {Directory}: the hashes of secrets are of use only until the agent ends. Give it a directory of its own with --state ({Failure})")]
    private static partial void LogNoKey(ILogger logger, string directory, string failure);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped: {Counters}")]
    private static partial void LogGoodbye(ILogger logger, StatusReport counters);
}
