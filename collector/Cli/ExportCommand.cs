using System.CommandLine;
using System.Globalization;
using Tallyman.Cli;
using Tallyman.Collector.Store;
using Tallyman.Rendering;

namespace Tallyman.Collector.Cli;

/// <summary><c>export</c>: prints what is stored, oldest first.</summary>
internal sealed class ExportCommand : Command, ICommandWithExamples
{
    private readonly DataOption _data = new();

    private readonly Option<string?> _since = new("--since")
    {
        Description = "Only alerts of executions at or after this time: 2026-11-22, 2026-11-22T08:00:00Z, or an age such as 90s, 15m, 24h, 7d",
        HelpName = "T",
    };

    private readonly Option<string> _format = new("--format")
    {
        Description = "json: one object a line; text: for people",
        DefaultValueFactory = static _ => "json",
    };

    public ExportCommand()
        : base("export", "Print what is stored, oldest first")
    {
        _format.AcceptOnlyFromAmong("json", "text");
        Add(_data);
        Add(_since);
        Add(_format);
        SetAction(parsed => Export(
            parsed.GetRequiredValue(_data), SinceOf(parsed.GetValue(_since), TimeProvider.System.GetUtcNow()), parsed.GetRequiredValue(_format)));
    }

    public IReadOnlyList<string> Examples =>
    [
        "tallyman-collector export --data /tmp/alerts",
        "tallyman-collector export --since 24h --format text",
        "tallyman-collector export --since 2026-11-22 | jq 'select(.severity == \"CRITICAL\") | .cmd'",
    ];

    internal static DateTimeOffset SinceOf(string? text, DateTimeOffset now)
    {
        if (text is null)
        {
            return DateTimeOffset.UnixEpoch;
        }

        if (text.Length > 1 && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count))
        {
            double seconds = text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => double.NaN };
            if (count * seconds <= (now - DateTimeOffset.UnixEpoch).TotalSeconds)
            {
                return now.AddSeconds(-count * seconds);
            }
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? time
            : throw new UserException(ExitCode.Usage, $"--since must be a time such as 2026-11-22T08:00:00Z or an age such as 24h, is '{text}'");
    }

    private static int Export(string directory, DateTimeOffset since, string format)
    {
        bool colour = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        using var output = new StreamWriter(Console.OpenStandardOutput(), bufferSize: 64 * 1024);
        try
        {
            foreach (StoredAlert stored in SqliteStore.ReadAlerts(directory, since))
            {
                output.WriteLine(format == "json" ? AlertJson.Write(stored.Alert, stored.Sequence) : AlertText.Write(stored.Alert, colour));
            }
        }
        catch (StoreException e)
        {
            throw new UserException(ExitCode.Unavailable, e.Message);
        }

        return ExitCode.Fine;
    }
}
