using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tallyman.Agent.Configuration;
using Tallyman.Agent.Delivery;
using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;
using Tallyman.Agent.Suppression;
using Tallyman.Agent.Systemd;
using Tallyman.Rendering;

namespace Tallyman.Agent;

/// <summary>
/// Takes changes of the configuration while the agent runs: at SIGHUP, and when a file is another one. All of it or nothing:
/// what is wrong leaves everything as it was, and is said to people, in the status and to collectors.
/// </summary>
/// <param name="first">What the agent was started with, and the settings that were made of it.</param>
/// <param name="detectorOf">What judges by these settings.</param>
internal sealed partial class ReloadService(
    ConfigurationReader reader, (AgentConfiguration Configuration, AgentSettings Settings) first, Func<AgentSettings, Detector> detectorOf, Live<Detector> detector, CollectorChannels channels,
    ExceptionReporter exceptions, ServiceManager systemd, RecordSpool spool, Counters counters, Health health, ReloadStatus status, TimeProvider time, ILogger<ReloadService> logger)
    : BackgroundService
{
    /// <summary>A change is taken when it has lasted from one look to the next: editors write in pieces.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _asked = new(0);

    public override void Dispose()
    {
        _asked.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            _asked.Release();
        });
        AgentConfiguration current = first.Configuration;
        (string taken, string seen) = (first.Settings.Digest, "");
        while (!stoppingToken.IsCancellationRequested)
        {
            bool wasAsked = await WaitAsync(stoppingToken);
            string now = AgentSettings.DigestNow(reader, current);
            if (!stoppingToken.IsCancellationRequested && (wasAsked || (now != taken && now == seen)))
            {
                systemd.Reloading();
                (AgentConfiguration Configuration, AgentSettings Settings)? next = Reload();
                systemd.Reloaded();
                current = next?.Configuration ?? current;
                taken = next?.Settings.Digest ?? now;
            }

            seen = now;
        }
    }

    /// <returns>Whether somebody has asked; false when it is time to look.</returns>
    private async Task<bool> WaitAsync(CancellationToken stopping)
    {
        try
        {
            using var look = new CancellationTokenSource(LookEvery, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(look.Token, stopping);
            await _asked.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <returns>Null if everything stays as it is.</returns>
    private (AgentConfiguration Configuration, AgentSettings Settings)? Reload()
    {
        status.Read();
        try
        {
            AgentConfiguration next = reader.Read();
            var settings = AgentSettings.Of(next);
            Detector judge = detectorOf(settings);
            ExceptionSet last = detector.Current.Exceptions;
            judge.Exceptions.GoOnFrom(last);
            detector.Current = judge;
            if (!SameDelivery(settings.Delivery, channels.Options))
            {
                channels.Use(settings.Delivery);
            }

            health[Ailment.ConfigurationRefused] = null;
            counters.Add(Counter.Reloads);
            exceptions.Exchange(last, judge.Exceptions);
            string[] later = [.. Settings.All.Where(setting => !setting.IsReloaded && !SameValue(setting, next)).Select(static setting => setting.Path)];
            string what = later.Length == 0 ? "" : $"; {string.Join(", ", later)} only with the next start";
            LogTaken(logger, what);
            Tell("configuration_taken", $"{next.Files.Length} files, {settings.Rules.Rules.Length} rules, {settings.Exceptions.Exceptions.Length} exceptions{what}");
            return (next, settings);
        }
        catch (ConfigurationException e)
        {
            health[Ailment.ConfigurationRefused] = e.Errors[0];
            counters.Add(Counter.ReloadsRefused);
            foreach (string error in e.Errors)
            {
                LogRefused(logger, error);
            }

            Tell("configuration_refused", SafeText.Shorten(string.Join("; ", e.Errors), 1024));
            return null;
        }
    }

    private bool SameValue(Setting setting, AgentConfiguration next) =>
        (next.Values.GetValueOrDefault(setting.Path)?.Texts ?? []).SequenceEqual(first.Configuration.Values.GetValueOrDefault(setting.Path)?.Texts ?? []);

    private static bool SameDelivery(CollectorOptions one, CollectorOptions other) => one.Tls == other.Tls && one.Collectors.SequenceEqual(other.Collectors);

    private void Tell(string what, string detail) => spool.Append(Trail.Of(what, detail, time.GetUtcNow()));

    [LoggerMessage(Level = LogLevel.Information, Message = "The configuration is taken as it is now{What}")]
    private static partial void LogTaken(ILogger logger, string what);

    [LoggerMessage(Level = LogLevel.Error, Message = "The configuration is not taken, the one before stays in use: {Mistake}")]
    private static partial void LogRefused(ILogger logger, string mistake);
}
