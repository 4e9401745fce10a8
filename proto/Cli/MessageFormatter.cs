using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Tallyman.Cli;

/// <summary>Log messages of both programs: one line each on stderr, for people who watch a terminal.</summary>
public sealed class MessageFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    private const string FormatterName = "tallyman";

    public static void AddTo(ILoggingBuilder logging)
    {
        logging.ClearProviders();
        logging.Services.AddSingleton(TimeProvider.System);
        logging.Services.AddSingleton<ConsoleFormatter, MessageFormatter>();
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
        string level = logEntry.LogLevel switch
        {
            LogLevel.Critical or LogLevel.Error => "error: ",
            LogLevel.Warning => "warning: ",
            _ => "",
        };
        textWriter.Write(time.GetUtcNow().ToString("HH:mm:ss'Z' ", CultureInfo.InvariantCulture));
        textWriter.Write(level);
        textWriter.Write(logEntry.Formatter(logEntry.State, logEntry.Exception));
        if (logEntry.Exception is Exception e)
        {
            textWriter.Write(": ");
            textWriter.Write(e.ToString().ReplaceLineEndings(" | "));
        }

        textWriter.Write('\n');
    }
}
