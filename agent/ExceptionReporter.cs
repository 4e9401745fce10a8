using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tallyman.Agent.Spool;
using Tallyman.Agent.Suppression;
using Tallyman.Cli;

namespace Tallyman.Agent;

/// <summary>
/// Tells collectors which exceptions there are, how many alerts each of them was for, and when one has expired: what is not
/// reported can be seen all the same.
/// </summary>
internal sealed partial class ExceptionReporter(Live<Detector> detector, RecordSpool spool, TimeProvider time, ILogger<ExceptionReporter> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    private readonly Lock _telling = new(); // the configuration changes when it likes
    private readonly Dictionary<string, long> _told = [];
    private readonly HashSet<string> _expired = [];

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        Tell(detector.Current.Exceptions);
        TellOfExpired();
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        TellOfHits(detector.Current.Exceptions);
    }

    /// <summary>Others are in use from now on.</summary>
    public void Exchange(ExceptionSet last, ExceptionSet next)
    {
        TellOfHits(last);
        Tell(next);
        TellOfExpired();
    }

    private void Tell(ExceptionSet exceptions)
    {
        foreach (AlertException exception in exceptions.Exceptions)
        {
            Tell("exception", exception.ToString());
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.TicksAsync(stoppingToken))
        {
            TellOfHits(detector.Current.Exceptions);
            TellOfExpired();
        }
    }

    private void TellOfHits(ExceptionSet exceptions)
    {
        lock (_telling)
        {
            foreach (AlertException exception in exceptions.Exceptions)
            {
                long hits = exception.Hits;
                if (hits > _told.GetValueOrDefault(exception.Name))
                {
                    Tell("exception_hits", string.Create(CultureInfo.InvariantCulture, $"{exception.Name}: {hits - _told.GetValueOrDefault(exception.Name)}, {hits} since the agent runs"));
                    _told[exception.Name] = hits;
                }
            }
        }
    }

    private void TellOfExpired()
    {
        DateTimeOffset now = time.GetUtcNow();
        lock (_telling)
        {
            foreach (AlertException exception in detector.Current.Exceptions.Exceptions)
            {
                if (exception.HasExpired(now) && _expired.Add(exception.Origin))
                {
                    LogExpired(logger, exception.Name, exception.Origin, exception.Owner);
                    Tell("exception_expired", exception.ToString());
                }
            }
        }
    }

    private void Tell(string what, string detail) => spool.Append(Trail.Of(what, detail, time.GetUtcNow()));

    [LoggerMessage(Level = LogLevel.Warning, Message = "The exception {Name} ({Origin}) has expired, what it was for is reported again; {Owner} answers for it")]
    private static partial void LogExpired(ILogger logger, string name, string origin, string owner);
}
