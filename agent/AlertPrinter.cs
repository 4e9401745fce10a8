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
/// <param name="mostBytes">Of alerts that may wait.</param>
internal sealed class AlertPrinter(PrintFormat format, TextWriter output, bool colour, long mostBytes = 8 * 1024 * 1024) : BackgroundService
{
    private const int MostWaiting = 4096;

    private readonly Channel<(V1.Alert Alert, ulong Sequence, int Bytes)> _alerts = Channel.CreateBounded<(V1.Alert, ulong, int)>(MostWaiting);
    private long _bytes;
    private ulong _lost;

    public void Print(V1.Alert alert, ulong sequence)
    {
        if (format == PrintFormat.None)
        {
            return;
        }

        int bytes = alert.CalculateSize();
        if (Interlocked.Add(ref _bytes, bytes) > mostBytes || !_alerts.Writer.TryWrite((alert, sequence, bytes)))
        {
            Interlocked.Add(ref _bytes, -bytes);
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
            await foreach ((V1.Alert alert, ulong sequence, int bytes) in _alerts.Reader.ReadAllAsync(CancellationToken.None))
            {
                Interlocked.Add(ref _bytes, -bytes);
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
