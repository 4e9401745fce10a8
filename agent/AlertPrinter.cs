using Microsoft.Extensions.Hosting;
using Tallyman.Agent.Alerts;
using Tallyman.Rendering;

namespace Tallyman.Agent;

/// <summary>In what form alerts go to standard output.</summary>
public enum PrintFormat
{
    None,
    Text,
    Json,
}

/// <summary>
/// Prints alerts. A terminal that is stopped, or a pipe that nobody reads, makes it miss some and say how many, not hold up
/// detection.
/// </summary>
/// <param name="mostBytes">Of alerts that may wait.</param>
internal sealed class AlertPrinter(PrintFormat format, TextWriter output, bool colour, AlertFeed feed, long mostBytes = 8 * 1024 * 1024) : BackgroundService
{
    private readonly AlertListener? _alerts = format == PrintFormat.None ? null : feed.TryListen(mostBytes)!.Value.Listener; // the first who looks on

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _alerts?.Complete();
        if (ExecuteTask is Task printing)
        {
            await printing.WaitAsync(cancellationToken).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    public override void Dispose()
    {
        _alerts?.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_alerts is null)
        {
            return;
        }

        try
        {
            await foreach (ReportedAlert reported in _alerts.ReadAllAsync(CancellationToken.None))
            {
                await output.WriteLineAsync(format == PrintFormat.Json ? AlertJson.Write(reported.Alert, reported.Sequence) : AlertText.Write(reported.Alert, colour));
                await output.FlushAsync(CancellationToken.None);
                if (_alerts.TakeMissed() is ulong missed and > 0)
                {
                    await Console.Error.WriteLineAsync($"{missed} alerts are not printed, as nobody reads standard output fast enough");
                }
            }
        }
        catch (IOException e)
        {
            _alerts.Dispose();
            await Console.Error.WriteLineAsync($"alerts are printed no more, and are still kept and delivered: {e.Message}");
        }
    }
}
