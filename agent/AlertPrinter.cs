using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
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
/// Prints alerts. A terminal that is stopped, or a pipe that nobody reads, makes it lose lines and count them, not hold up
/// detection.
/// </summary>
internal sealed class AlertPrinter(PrintFormat format, TextWriter output, bool colour) : BackgroundService
{
    private const int MostWaiting = 4096;

    private readonly Channel<(V1.Alert Alert, ulong Sequence)> _alerts = Channel.CreateBounded<(V1.Alert, ulong)>(MostWaiting);
    private ulong _lost;

    public void Print(V1.Alert alert, ulong sequence)
    {
        if (format != PrintFormat.None && !_alerts.Writer.TryWrite((alert, sequence)))
        {
            Interlocked.Increment(ref _lost);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _alerts.Writer.TryComplete();
        if (ExecuteTask is Task printing)
        {
            await printing.WaitAsync(cancellationToken).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach ((V1.Alert alert, ulong sequence) in _alerts.Reader.ReadAllAsync(CancellationToken.None))
            {
                await output.WriteLineAsync(format == PrintFormat.Json ? AlertJson.Write(alert, sequence) : AlertText.Write(alert, colour));
                await output.FlushAsync(CancellationToken.None);
                if (Interlocked.Exchange(ref _lost, 0) is ulong lost and > 0)
                {
                    await Console.Error.WriteLineAsync($"{lost} alerts are not printed, as nobody reads standard output fast enough");
                }
            }
        }
        catch (IOException e)
        {
            _alerts.Writer.TryComplete();
            await Console.Error.WriteLineAsync($"alerts are printed no more, and are still kept and delivered: {e.Message}");
        }
    }
}
