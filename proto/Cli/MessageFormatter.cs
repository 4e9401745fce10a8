using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Tallyman.Cli;

/// <summary>Log messages of both programs: one line each on stderr. The same message again and again is said once with a count.</summary>
public sealed class MessageFormatter : ConsoleFormatter, IDisposable
{
    private const string FormatterName = "tallyman";

    private readonly LogFormat _format;
    private readonly TimeProvider _time;
    private readonly TextWriter _counts;
    private readonly RepeatedMessages _repeated;
    private readonly ITimer _timer;

    /// <param name="counts">Where it is said how often messages came that were not said each time.</param>
    public MessageFormatter(LogFormat format, TimeProvider time, TextWriter counts)
        : base(FormatterName)
    {
        (_format, _time, _counts) = (format, time, counts);
        _repeated = new RepeatedMessages(time);
        _timer = time.CreateTimer(_ => SayCounts(all: false), null, RepeatedMessages.Window / 6, RepeatedMessages.Window / 6);
    }

    public static void AddTo(ILoggingBuilder logging, LogFormat? format = null)
    {
        logging.ClearProviders();
        logging.Services.AddSingleton(TimeProvider.System);
        logging.Services.AddSingleton<ConsoleFormatter>(provider => new MessageFormatter(format ?? LogFormats.OfStandardError(), provider.GetRequiredService<TimeProvider>(), Console.Error));
        logging.Services.Configure<ConsoleLoggerOptions>(static options =>
        {
            options.FormatterName = FormatterName;
            options.LogToStandardErrorThreshold = LogLevel.Trace; // stdout is for data
        });
        logging.AddConsole();
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.Critical); // of a service that failed; of a start that failed the program says it better
    }

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = new LogMessage(
            logEntry.LogLevel,
            logEntry.Category,
            logEntry.EventId.Name ?? "",
            logEntry.Formatter(logEntry.State, logEntry.Exception),
            logEntry.State as IReadOnlyList<KeyValuePair<string, object?>> ?? [],
            logEntry.Exception);
        string line = message.Line(_format);
        if (_repeated.IsToBeSaid(line))
        {
            textWriter.Write(Timed(line));
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        SayCounts(all: true);
    }

    private void SayCounts(bool all)
    {
        foreach ((string line, int times) in _repeated.Take(all))
        {
            _counts.Write(Timed(LogMessage.WithCount(line, times, _format)));
        }
    }

    /// <summary>With what is not part of the message: its time, the end of its line.</summary>
    private string Timed(string line) => _format switch
    {
        LogFormat.Text => _time.GetUtcNow().ToString("HH:mm:ss'Z' ", CultureInfo.InvariantCulture) + line + "\n",
        LogFormat.Json => $"{{\"time\":\"{_time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)}\",{line[1..]}\n",
        _ => line + "\n",
    };
}
