using System.CommandLine;
using System.Globalization;
using Tallyman.Cli;
using Tallyman.Collector.Export;
using Tallyman.Collector.Otlp;
using Tallyman.Collector.Store;
using Tallyman.Collector.Store.Postgres;
using Tallyman.Collector.Store.Sqlite;
using Tallyman.Rendering;

namespace Tallyman.Collector.Cli;

/// <summary><c>export</c>: prints what is stored, oldest first.</summary>
internal sealed class ExportCommand : Command, ICommandWithExamples
{
    /// <summary>Log records in one line of OTLP.</summary>
    private const int OtlpBatch = 100;

    private static readonly string[] Times = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    private readonly Argument<string> _what = new("WHAT")
    {
        Description = "alerts, gaps, trail (what agents did: starts, configuration, exceptions), findings, hosts, collectors or forwarders",
        DefaultValueFactory = static _ => "alerts",
    };

    private readonly StoreOptions _store = new();

    private readonly Option<string?> _since = new("--since")
    {
        Description = "Only alerts of executions, gaps, trail or findings at or after this time: 2026-11-22, 2026-11-22T08:00:00Z, or an age such as 90s, 15m, 24h, 7d",
        HelpName = "T",
    };

    private readonly Option<string> _format = new("--format")
    {
        Description = "json: one object a line; ecs, otlp: alerts, gaps, findings; csv: these and trail, with a row of names; ocsf: alerts; text: alerts, for people",
        DefaultValueFactory = static _ => "json",
    };

    public ExportCommand()
        : base("export", "Print what is stored, oldest first")
    {
        _what.AcceptOnlyFromAmong("alerts", "gaps", "trail", "findings", "hosts", "collectors", "forwarders");
        _format.AcceptOnlyFromAmong("json", "csv", "ecs", "ocsf", "otlp", "text");
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
        "tallyman-collector export --since 7d --format csv >alerts.csv",
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

        return DateTimeOffset.TryParseExact(text, Times, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? time
            : throw new UserException(ExitCode.Usage, $"--since must be a time such as 2026-11-22T08:00:00Z or an age such as 24h, is '{text}'");
    }

    /// <exception cref="UserException">The format has no place for this.</exception>
    internal static IAsyncEnumerable<string> Lines(IStoreReader store, string what, string format, DateTimeOffset since) => (what, format) switch
    {
        ("alerts", "json") => store.ReadAlertsAsync(since).Select(static stored => AlertJson.Write(stored.Alert, stored.Sequence)),
        ("alerts", "text") => store.ReadAlertsAsync(since).Select(static stored => AlertText.Write(stored.Alert, Terminal.WantsColour)),
        ("alerts", "csv") => store.ReadAlertsAsync(since).Select(CsvFormat.Write).Prepend(CsvFormat.AlertNames),
        ("alerts", "ecs") => store.ReadAlertsAsync(since).Select(EcsFormat.Write),
        ("alerts", "ocsf") => store.ReadAlertsAsync(since).Select(OcsfFormat.Write),
        ("alerts", "otlp") => store.ReadAlertsAsync(since).Chunk(OtlpBatch).Select(static alerts => OtlpJson.Write(OtlpLogs.Of(alerts))),
        ("gaps", "json") => store.ReadGapsAsync(since).Select(StateJson.Write),
        ("gaps", "csv") => store.ReadGapsAsync(since).Select(CsvFormat.Write).Prepend(CsvFormat.GapNames),
        ("gaps", "ecs") => store.ReadGapsAsync(since).Select(EcsFormat.Write),
        ("gaps", "otlp") => store.ReadGapsAsync(since).Chunk(OtlpBatch).Select(static gaps => OtlpJson.Write(OtlpLogs.Of(gaps))),
        ("trail", "json") => store.ReadTrailAsync(since).Select(StateJson.Write),
        ("trail", "csv") => store.ReadTrailAsync(since).Select(CsvFormat.Write).Prepend(CsvFormat.TrailNames),
        ("findings", "json") => store.ReadFindingsAsync(since).Select(StateJson.Write),
        ("findings", "csv") => store.ReadFindingsAsync(since).Select(CsvFormat.Write).Prepend(CsvFormat.FindingNames),
        ("findings", "ecs") => store.ReadFindingsAsync(since).Select(EcsFormat.Write),
        ("findings", "otlp") => store.ReadFindingsAsync(since).Chunk(OtlpBatch).Select(static findings => OtlpJson.Write(OtlpLogs.Of(findings))),
        ("hosts", "json") => store.ReadHostsAsync().Select(StateJson.Write),
        ("collectors", "json") => store.ReadCollectorsAsync().Select(StateJson.Write),
        ("forwarders", "json") => store.ReadForwardersAsync().Select(StateJson.Write),
        _ => throw new UserException(ExitCode.Usage, $"--format {format} has no place for {what}: json has, and docs/exports.md says what the others have"),
    };

    private async Task<int> ExportAsync(ParseResult parsed, CancellationToken cancel)
    {
        DateTimeOffset since = SinceOf(parsed.GetValue(_since), TimeProvider.System.GetUtcNow());
        await using var output = new StreamWriter(StandardStreams.OpenOutput(), bufferSize: 64 * 1024);
        try
        {
            await using IStoreReader store = parsed.GetValue(_store.Postgres) is string connection
                ? await PostgresReader.OpenAsync(connection)
                : SqliteReader.Open(parsed.GetRequiredValue(_store.Data));
            await foreach (string line in Lines(store, parsed.GetRequiredValue(_what), parsed.GetRequiredValue(_format), since).WithCancellation(cancel))
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
}
