using System.Globalization;

namespace Tallyman.Agent.Cli;

/// <summary>How much of the files is read, as a line on a terminal that is written over and over.</summary>
/// <param name="total">Bytes of all files; 0 where that is not known, and nothing is shown.</param>
internal sealed class ReplayProgress(TextWriter terminal, TimeProvider time, long total)
{
    private const string ClearLine = "\r\x1b[K";
    private const int Width = 40;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private long _last = time.GetTimestamp();
    private bool _isShown;

    /// <summary>Shown on standard error, if that is a terminal.</summary>
    public static ReplayProgress Of(IEnumerable<string> files) => new(
        Console.Error,
        TimeProvider.System,
        Console.IsErrorRedirected || !files.All(File.Exists) ? 0 : files.Sum(static file => new FileInfo(file).Length));

    public void Show(long done)
    {
        if (total == 0 || time.GetElapsedTime(_last) < Interval)
        {
            return;
        }

        _last = time.GetTimestamp();
        _isShown = true;
        double part = Math.Min(1, (double)done / total);
        string bar = new string('#', (int)(part * Width)).PadRight(Width, '.');
        terminal.Write(string.Create(CultureInfo.InvariantCulture, $"{ClearLine}{bar} {part:P0}"));
    }

    /// <summary>Makes room for something else.</summary>
    public void Clear()
    {
        if (_isShown)
        {
            terminal.Write(ClearLine);
            _isShown = false;
        }
    }
}
