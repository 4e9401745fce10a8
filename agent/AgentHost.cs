using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tallyman.Agent.Actors;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.Configuration;
using Tallyman.Agent.Delivery;
using Tallyman.Agent.History;
using Tallyman.Agent.Local;
using Tallyman.Agent.Manifests;
using Tallyman.Agent.Model;
using Tallyman.Agent.Redaction;
using Tallyman.Agent.Rules;
using Tallyman.Agent.Sources;
using Tallyman.Agent.Sources.Auditd;
using Tallyman.Agent.Sources.Ebpf;
using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;
using Tallyman.Agent.Suppression;
using Tallyman.Agent.Systemd;
using Tallyman.Cli;

namespace Tallyman.Agent;

/// <summary>Composition root of the agent.</summary>
internal static partial class AgentHost
{
    /// <exception cref="ConfigurationException">What is configured cannot be used.</exception>
    /// <exception cref="UserException">Nothing can be seen on this host.</exception>
    public static async Task<int> RunAsync(ConfigurationReader reader)
    {
        using var systemd = ServiceManager.FromEnvironment(TimeProvider.System); // to the end, behind that of the host
        AgentConfiguration configuration = reader.Read();
        var settings = AgentSettings.Of(configuration);
        string state = configuration.Of(Settings.State)!;
        string socket = LocalPaths.OfAgent(Environment.GetEnvironmentVariable("RUNTIME_DIRECTORY"), state);
        SecretHash hash = RedactionKey.LoadOrCreate(state, out string? keyFailure);
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        MessageFormatter.AddTo(builder.Logging, configuration.Of(Settings.Log) == "json" ? LogFormat.Json : LogFormats.OfStandardError());
        IServiceCollection services = builder.Services;
        MemoryBounds bounds = MemoryBounds.Of(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        services.AddSingleton(systemd);
        services.AddSingleton(HostIdentityReader.Read(configuration.Of(Settings.HostName), configuration.Of(Settings.HostId)));
        services.AddSingleton<Counters>();
        services.AddSingleton(provider => new EventQueue(provider.GetRequiredService<Counters>(), bounds.Events));
        services.AddSingleton<Health>();
        services.AddSingleton<ReloadStatus>();
        services.AddSingleton<Progress>();
        services.AddSingleton(provider => new Probes(
            provider.GetRequiredService<Health>(),
            provider.GetRequiredService<Progress>(),
            () => provider.GetRequiredService<SourceLadder>().Name.Length > 0,
            () => provider.GetRequiredService<CollectorChannels>().Options.Collectors.Count > 0));
        services.AddSingleton(new SpoolOptions(state, configuration.Of(Settings.SpoolSize)) { MemoryBytes = bounds.Spool });
        services.AddSingleton<RecordSpool>();
        services.AddSingleton(provider => new FloodControl(provider.GetRequiredService<TimeProvider>(), bounds.HeldAlerts));
        services.AddSingleton(new ProcFs(configuration.Of(Settings.HostProc)!));
        services.AddSingleton<RunningProcesses>();
        services.AddSingleton<ManifestReader>();
        services.AddSingleton<ReadManifests>(static provider => provider.GetRequiredService<ManifestReader>().ReadAsync);
        services.AddSingleton<ActorReader>();
        services.AddSingleton<ReadActor>(static provider => provider.GetRequiredService<ActorReader>().ReadAsync);
        services.AddSingleton<Func<AgentSettings, Detector>>(provider => settings => new Detector(
            settings.Rules, provider.GetRequiredService<ReadManifests>(), Redactor.With(hash, settings.SecretNames), provider.GetRequiredService<Counters>(), settings.Exceptions, provider.GetRequiredService<ReadActor>()));
        services.AddSingleton(provider => new Live<Detector>(provider.GetRequiredService<Func<AgentSettings, Detector>>()(settings)));
        services.AddSingleton(provider => CreateSource(provider, configuration));
        services.AddSingleton(provider => new StatusReport(
            provider.GetRequiredService<Counters>(), provider.GetRequiredService<Health>(), () => NumbersOf(provider)));
        services.AddSingleton<DeliveryStatus>();
        services.AddSingleton(new LocalOptions(socket, settings.Local.Listen, settings.Local.Group));
        services.AddSingleton(SiteOf);
        services.AddHostedService<LocalService>();

        // Started in this order and stopped in the reverse one: what is seen is judged, then printed, then delivered.
        services.AddSingleton(settings.Delivery);
        services.AddSingleton(provider => HelloOf(provider.GetRequiredService<HostIdentity>()));
        services.AddSingleton<CollectorChannels>();
        services.AddSingleton<IngestStreamFactory>();
        services.AddHostedService<DeliveryService>();
        services.AddSingleton<AlertFeed>();
        services.AddHostedService(provider => PrinterOf(provider, Enum.Parse<PrintFormat>(configuration.Of(Settings.Print)!, ignoreCase: true), bounds.PrintedAlerts));
        services.AddHostedService<LossReporter>();
        services.AddSingleton(new AlertHistory(bounds.History));
        services.AddHostedService<HistoryKeeper>();
        services.AddSingleton<ExceptionReporter>();
        services.AddHostedService(provider => provider.GetRequiredService<ExceptionReporter>());
        services.AddHostedService<DetectionService>();
        services.AddHostedService<SourceService>();
        services.AddHostedService(provider => ActivatorUtilities.CreateInstance<ReloadService>(provider, reader, (configuration, settings)));
        services.AddHostedService<SystemdService>();

        using IHost host = builder.Build();
        ILogger logger = host.Services.GetRequiredService<ILogger<SourceLadder>>();
        try
        {
            host.Services.GetRequiredService<SourceLadder>().Load(); // where nothing can be seen, nothing is to be written either
            await host.StartAsync();
        }
        catch (SourceUnavailableException e)
        {
            throw new UserException(e.IsPermission ? ExitCode.NoPermission : ExitCode.Unavailable, e.Message);
        }

        if (keyFailure is not null)
        {
            LogNoKey(logger, state, keyFailure);
        }

        LogWatching(logger, settings.Rules.Profile);
        using IDisposable impatience = Interrupts.EndAtTheSecond();
        await host.WaitForShutdownAsync();
        LogGoodbye(logger, host.Services.GetRequiredService<StatusReport>());
        return HostEnd.ExitCodeOf(host);
    }

    private static SourceLadder CreateSource(IServiceProvider provider, AgentConfiguration configuration)
    {
        string state = configuration.Of(Settings.State)!;
        var choice = Enum.Parse<SourceChoice>(configuration.Of(Settings.Source)!, ignoreCase: true);
        EventQueue events = provider.GetRequiredService<EventQueue>();
        Counters counters = provider.GetRequiredService<Counters>();
        Progress progress = provider.GetRequiredService<Progress>();
        Health health = provider.GetRequiredService<Health>();
        ProcFs proc = provider.GetRequiredService<ProcFs>();
        TimeProvider time = provider.GetRequiredService<TimeProvider>();
        ILogger<SourceLadder> logger = provider.GetRequiredService<ILogger<SourceLadder>>();
        var loaders = new SourceLoaders(
            () => EbpfExecSource.Load(events, counters, progress, proc, time, logger),
            () => AuditExecSource.Load(new AuditLogOptions(configuration.Of(Settings.AuditLog)!, state), events, counters, progress, health, proc, time, logger),
            () => AuditCursor.Delete(state));
        return new SourceLadder(choice, loaders, health, Tell, time, logger);

        void Tell(string what, string detail) => provider.GetRequiredService<RecordSpool>().Append(Trail.Of(what, detail, time.GetUtcNow()));
    }

    /// <summary>What is counted by the sources, and what waits.</summary>
    private static IEnumerable<KeyValuePair<string, ulong>> NumbersOf(IServiceProvider provider)
    {
        SpoolStatus spool = provider.GetRequiredService<RecordSpool>().Status;
        ulong pending = (ulong)(spool.Alerts + provider.GetRequiredService<FloodControl>().Held);
        return
        [
            .. provider.GetRequiredService<SourceLadder>().ReadCounters(),
            .. provider.GetRequiredService<CollectorChannels>().CertificateExpires is DateTimeOffset expires
                ? [new("tls_certificate_expires", Seconds(expires))]
                : Array.Empty<KeyValuePair<string, ulong>>(),
            .. spool.Oldest is DateTimeOffset oldest ? [new("spool_oldest", Seconds(oldest))] : Array.Empty<KeyValuePair<string, ulong>>(),
            new("configuration_read", Seconds(provider.GetRequiredService<ReloadStatus>().LastRead)),
            new("pending_alerts", pending),
            new("history_forgotten", provider.GetRequiredService<AlertHistory>().Forgotten),
            new("history_patterns", (ulong)provider.GetRequiredService<AlertHistory>().Count),
            new("unaccounted", Conservation.Of(provider.GetRequiredService<Counters>(), pending).Unaccounted),
            new("spool_records", (ulong)spool.Records),
            new("spool_bytes", (ulong)spool.Bytes),
            new("spool_max_bytes", (ulong)spool.Size),
        ];
    }

    private static ulong Seconds(DateTimeOffset time) => (ulong)Math.Max(0, time.ToUnixTimeSeconds());

    private static LocalSite SiteOf(IServiceProvider provider)
    {
        CollectorChannels channels = provider.GetRequiredService<CollectorChannels>();
        Func<IEnumerable<string>> collectors = () => channels.Options.Collectors.Select(DeliveryService.NameOf);
        Probes probes = provider.GetRequiredService<Probes>();
        var metrics = ActivatorUtilities.CreateInstance<Metrics>(provider, ProgramVersion.Text, collectors, (Func<ProcessNumbers>)ProcessNumbers.Read);
        var status = ActivatorUtilities.CreateInstance<StatusPage>(provider, collectors);
        var open = new Dictionary<string, Func<Answer>>
        {
            ["/metrics"] = () => new Answer(200, PrometheusText.ContentType, metrics.Write()),
            ["/livez"] = () => Answer.ToProbe(probes.Liveness()),
            ["/readyz"] = () => Answer.ToProbe(probes.Readiness()),
            ["/startupz"] = () => Answer.ToProbe(probes.Startup()),
        };
        var closed = new Dictionary<string, Func<Answer>>(open) { ["/status"] = () => new Answer(200, "application/json", status.Write()) };
        AlertFeed feed = provider.GetRequiredService<AlertFeed>();
        TimeProvider time = provider.GetRequiredService<TimeProvider>();
        var streams = new Dictionary<string, Func<ILocalStream?>> { [AlertStream.Path] = () => AlertStream.TryOpen(feed, time) };
        return new LocalSite(new LocalPages(open), new LocalPages(closed, streams));
    }

    private static AlertPrinter PrinterOf(IServiceProvider provider, PrintFormat format, long mostBytes) =>
        new(format, new StreamWriter(StandardStreams.OpenOutput()), Terminal.WantsColour, provider.GetRequiredService<AlertFeed>(), mostBytes);

    private static V1.Hello HelloOf(HostIdentity host) => new()
    {
        AgentId = host.Id,
        Host = new V1.Host { Id = host.Id, Name = host.Name, BootId = host.BootId },
        Version = ProgramVersion.Text,
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "Watching, profile {Profile}")]
    private static partial void LogWatching(ILogger logger, string profile);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No key of redaction can be kept in {Directory}: the hashes of secrets are of use only until the agent ends. Give it a directory of its own with --state ({Failure})")]
    private static partial void LogNoKey(ILogger logger, string directory, string failure);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped: {Counters}")]
    private static partial void LogGoodbye(ILogger logger, StatusReport counters);
}
