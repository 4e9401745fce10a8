using System.CommandLine;
using System.Globalization;
using Tallyman.Cli;
using Tallyman.Collector.Store;
using Tallyman.Collector.Store.Postgres;
using Tallyman.Collector.Store.Sqlite;
using Tallyman.Rendering;

namespace Tallyman.Collector.Cli;

/// <summary><c>export</c>: prints what is stored, oldest first.</summary>
internal sealed class ExportCommand : Command, ICommandWithExamples
{
    private readonly Argument<string> _what = new("WHAT")
    {
        Description = "alerts, findings, hosts or collectors",
        DefaultValueFactory = static _ => "alerts",
    };

    private readonly StoreOptions _store = new();

    private readonly Option<string?> _since = new("--since")
    {
        Description = "Only alerts of executions, or findings, at or after this time: 2026-11-22, 2026-11-22T08:00:00Z, or an age such as 90s, 15m, 24h, 7d",
        HelpName = "T",
    };

    private readonly Option<string> _format = new("--format")
    {
        Description = "json: one object a line; text: for people, alerts only",
        DefaultValueFactory = static _ => "json",
    };

    public ExportCommand()
        : base("export", "Print what is stored, oldest first")
    {
        _what.AcceptOnlyFromAmong("alerts", "findings", "hosts", "collectors");
        _format.AcceptOnlyFromAmong("json", "text");
        Add(_what);
        _store.AddTo(this);
        Add(_since);
        Add(_format);
        SetAction(ExportAsync);
    }

    public IReadOnlyList<string> Examples =>
    [
        "tallyman-collector export --data /tmp/alerts",
        "tallyman-collector export --since 24h --format text",
        "tallyman-collector export hosts | jq 'select(.silent_since)'",
        "tallyman-collector export findings --postgres 'Host=db;Database=tallyman;Username=tallyman'",
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

    private async Task<int> ExportAsync(ParseResult parsed, CancellationToken cancel)
    {
        DateTimeOffset since = SinceOf(parsed.GetValue(_since), TimeProvider.System.GetUtcNow());
        bool isText = parsed.GetRequiredValue(_format) == "text";
        await using var output = new StreamWriter(StandardStreams.OpenOutput(), bufferSize: 64 * 1024);
        try
        {
            await using IStoreReader store = parsed.GetValue(_store.Postgres) is string connection
                ? await PostgresReader.OpenAsync(connection)
                : SqliteReader.Open(parsed.GetRequiredValue(_store.Data));
            await foreach (string line in Lines(store, parsed.GetRequiredValue(_what), since, isText).WithCancellation(cancel))
            {
                await output.WriteLineAsync(line);
            }
        }
        catch (StoreException e)
        {
            throw new UserException(ExitCode.Unavailable, e.Message);
        }

        return ExitCode.Fine;
    }

    private static IAsyncEnumerable<string> Lines(IStoreReader store, string what, DateTimeOffset since, bool isText) => what switch
    {
        "findings" => store.ReadFindingsAsync(since).Select(StateJson.Write),
        "hosts" => store.ReadHostsAsync().Select(StateJson.Write),
        "collectors" => store.ReadCollectorsAsync().Select(StateJson.Write),
        _ => store.ReadAlertsAsync(since).Select(stored =>
            isText ? AlertText.Write(stored.Alert, Terminal.WantsColour) : AlertJson.Write(stored.Alert, stored.Sequence)),
    };
}
