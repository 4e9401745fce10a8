using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tallyman.Agent.History;
using Tallyman.Agent.Spool;
using Tallyman.Cli;

namespace Tallyman.Agent;

/// <summary>Has the history of alerts outlive the agent. Where it cannot be kept, everything is new after the next start, and nothing else is lost.</summary>
internal sealed partial class HistoryKeeper(AlertHistory history, SpoolOptions state, RecordSpool spool, TimeProvider time, ILogger<HistoryKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    private ulong _saved;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        history.Load(HistoryFile.Load(state.Directory, 2 * history.MostBytes, out string? failure));
        _saved = history.Version;
        if (failure is not null)
        {
            spool.Append(Trail.Of("history_begun", $"all alerts are first_seen from here on: {failure}", time.GetUtcNow()));
        }

        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        Save();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.TicksAsync(stoppingToken))
        {
            Save();
        }
    }

    private void Save()
    {
        if (history.Version == _saved)
        {
            return;
        }

        try
        {
            (byte[] bytes, ulong version) = history.Write();
            HistoryFile.Save(state.Directory, bytes);
            _saved = version;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotKept(logger, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "What was seen is not kept, and may be called new again after the next start: {Reason}")]
    private static partial void LogNotKept(ILogger logger, string reason);
}
