using Tallyman.Cli;
using Tallyman.Collector.Store;
using Tallyman.Rendering;

namespace Tallyman.Collector.Ingest;

/// <summary>
/// Looks after the fleet: writes signs of life in batches, finds silent hosts, sends streams away when it is time, and has the
/// store maintain itself.
/// </summary>
internal sealed partial class FleetKeeper(
    IStore store, Fleet fleet, FindingLog findings, CollectorStatus status, TimeProvider time, ILogger<FleetKeeper> logger)
    : BackgroundService
{
    /// <summary>Three heartbeats of an agent.</summary>
    public static readonly TimeSpan Silent = 3 * TimeSpan.FromSeconds(20);

    /// <summary>A host that had its stream elsewhere: that collector writes every half minute, and may itself be gone.</summary>
    public static readonly TimeSpan SilentElsewhere = TimeSpan.FromMinutes(3);

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MaintainEvery = TimeSpan.FromHours(1);
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(10);

    private long _trustedSince;
    private long _saved;
    private long? _maintained;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await KeepAsync(isLast: true);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _trustedSince = _saved = time.GetTimestamp();
        using var timer = new PeriodicTimer(Tick, time);
        (long Timestamp, DateTimeOffset Wall) last = (time.GetTimestamp(), time.GetUtcNow());
        while (await timer.TicksAsync(stoppingToken))
        {
            TimeSpan step = time.GetUtcNow() - last.Wall - time.GetElapsedTime(last.Timestamp);
            last = (time.GetTimestamp(), time.GetUtcNow());
            if (step.Duration() > ClockTolerance)
            {
                LogClockSet(logger, step);
                _trustedSince = time.GetTimestamp();
            }

            await KeepAsync(isLast: false);
        }
    }

    private async Task KeepAsync(bool isLast)
    {
        foreach (AgentStream stream in fleet.Streams)
        {
            if (stream.IsWaiting)
            {
                stream.Heard();
            }

            if (stream.LeaveAt <= time.GetUtcNow())
            {
                Fleet.Move(stream);
            }
        }

        bool othersToo = false;
        try
        {
            await findings.SaveAsync(store);
            if (isLast || time.GetElapsedTime(_saved) >= SaveEvery)
            {
                _saved = time.GetTimestamp();
                await SaveAsync();
                othersToo = time.GetElapsedTime(_trustedSince) > SilentElsewhere;
            }

            await FindSilentAsync(othersToo);
            await MaintainAsync();
        }
        catch (Exception e) when (e is not OperationCanceledException) // what one agent says must not end the care for all
        {
            LogNotSaved(logger, e.Message);
            _trustedSince = time.GetTimestamp();
        }
    }

    private async Task SaveAsync()
    {
        await store.SaveCollectorAsync(status.Take(fleet));
        (AgentStream Stream, HostState State)[] news =
            [.. fleet.Streams.Select(static stream => (stream, stream.TakeNews()!)).Where(static pair => pair.Item2 is not null)];
        try
        {
            IReadOnlyList<bool> newest = await store.SaveHostsAsync([.. news.Select(static pair => pair.State)]);
            for (int i = 0; i < news.Length; i++)
            {
                if (!newest[i])
                {
                    Fleet.Supersede(news[i].Stream);
                    Forget(news[i].Stream);
                }
            }
        }
        catch
        {
            Array.ForEach(news, static pair => pair.Stream.GiveBackNews());
            throw;
        }
    }

    /// <summary>
    /// A host whose stream was here is judged by what was heard here; those of other collectors by what the store says, once
    /// everybody has had the time to write that.
    /// </summary>
    private async Task FindSilentAsync(bool othersToo)
    {
        AgentStream[] silent = [.. fleet.Streams.Where(static stream => !stream.IsFoundSilent && !stream.IsWaiting && stream.Silence > Silent)];
        if (silent.Length == 0 && !othersToo)
        {
            return;
        }

        IReadOnlyList<string> found = await store.FindSilentAsync(
            [.. silent.Select(static stream => stream.State())], othersToo ? time.GetUtcNow() - SilentElsewhere : DateTimeOffset.UnixEpoch);
        foreach (AgentStream stream in silent)
        {
            stream.IsFoundSilent = true;
            Forget(stream);
        }

        foreach (string agentId in found)
        {
            LogSilent(logger, SafeText.Escape(agentId));
        }
    }

    private void Forget(AgentStream stream)
    {
        if (!stream.IsOpen)
        {
            fleet.Forget(stream);
        }
    }

    private async Task MaintainAsync()
    {
        if (_maintained is long last && time.GetElapsedTime(last) < MaintainEvery)
        {
            return;
        }

        while (await store.MaintainAsync())
        {
            await Task.Yield(); // those who write come first
        }

        _maintained = time.GetTimestamp();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Host silent: agent {AgentId} has not been heard of for three heartbeats")]
    private static partial void LogSilent(ILogger logger, string agentId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The clock was set by {Step}: silent hosts of other collectors are looked for again in three minutes")]
    private static partial void LogClockSet(ILogger logger, TimeSpan step);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Signs of life and findings are not written, it is tried again: {Reason}")]
    private static partial void LogNotSaved(ILogger logger, string reason);
}
