using System.CommandLine;
using System.Net.Security;
using System.Runtime.InteropServices;
using Tallyman.Cli;
using Tallyman.Collector.Forward;
using Tallyman.Collector.Store;
using Tallyman.Collector.Store.Postgres;
using Tallyman.Collector.Store.Sqlite;
using Tallyman.Grpc;

namespace Tallyman.Collector.Cli;

/// <summary><c>forward</c>: follows the store and sends what comes to somebody else, until it is told to stop.</summary>
internal sealed class ForwardCommand : Command, ICommandWithExamples
{
    private readonly Option<string> _to = new("--to") { Description = "otlp: an OpenTelemetry Collector, over gRPC; splunk: an HTTP Event Collector; sumo: an HTTP source", Required = true };

    private readonly Option<string?> _url = new("--url") { Description = "Where it is, such as https://splunk:8088: TLS, or clear text to this host. For otlp and splunk", HelpName = "URL" };

    private readonly Option<string?> _urlFile = new("--url-file") { Description = "A file with the URL, which is a secret. For sumo", HelpName = "FILE" };

    private readonly Option<string?> _token = new("--token-file") { Description = "A file with the token: for splunk, and for otlp if it wants one (as Bearer)", HelpName = "FILE" };

    private readonly Option<string[]> _authorities = new("--ca") { Description = "Authorities of its certificate (PEM); without, those that the system trusts", HelpName = "FILE", AllowMultipleArgumentsPerToken = true };

    private readonly Option<string?> _name = new("--name") { Description = "Under which the store keeps how far it has come; without, that of --to", HelpName = "NAME" };

    private readonly Option<string?> _since = new("--since")
    {
        Description = "Where a new destination begins: with what was stored at or after this time, or an age such as 24h; without, with everything",
        HelpName = "T",
    };

    private readonly Option<string> _sourceType = new("--sourcetype") { Description = "Of events in Splunk", HelpName = "TYPE", DefaultValueFactory = static _ => "tallyman:alert" };

    private readonly Option<string> _category = new("--category") { Description = "Of lines in Sumo Logic", HelpName = "CATEGORY", DefaultValueFactory = static _ => "endpoint/process" };

    private readonly StoreOptions _store = new();

    public ForwardCommand()
        : base("forward", "Follow the store and send its alerts on")
    {
        _to.AcceptOnlyFromAmong("otlp", "splunk", "sumo");
        Option[] own = [_to, _url, _urlFile, _token, _authorities, _name, _since, _sourceType, _category];
        Array.ForEach(own, Add);
        _store.AddTo(this);
        SetAction((parsed, _) => ForwardAsync(parsed));
    }

    public IReadOnlyList<string> Examples =>
    [
        "tallyman-collector forward --to otlp --url http://127.0.0.1:4317 --data /tmp/alerts",
        "tallyman-collector forward --to splunk --url https://splunk:8088 --token-file /etc/tallyman/hec-token --ca /etc/tallyman/splunk-ca.pem",
        "tallyman-collector forward --to sumo --url-file /etc/tallyman/sumo-url --postgres 'Host=db;Database=tallyman;Username=tallyman'",
    ];

    internal static string NameOf(string? name, string to) => name switch
    {
        null => to,
        { Length: > 0 and <= 64 } when name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') => name,
        _ => throw new UserException(ExitCode.Usage, $"--name must be 1 to 64 letters, digits, - or _, is '{name}'"),
    };

    /// <exception cref="UserException">It does not say where to, or says it where others see it.</exception>
    internal IDestination DestinationOf(ParseResult parsed, TimeProvider time, ILogger logger)
    {
        string[] authorities = parsed.GetValue(_authorities) ?? [];
        SslClientAuthenticationOptions? tls = authorities.Length > 0 ? TlsIdentity.ForClient(authorities) : null;
        SecretFile? token = parsed.GetValue(_token) is string file ? SecretFile.Open(file, logger) : null;
        string to = parsed.GetRequiredValue(_to);
        if (parsed.GetValue(to == "sumo" ? _token : _urlFile) is not null)
        {
            throw new UserException(ExitCode.Usage, "--url-file is for --to sumo, whose URL is the secret, and --token-file for the others");
        }

        switch (to)
        {
            case "otlp":
                return new OtlpDestination(Address(parsed, "http://127.0.0.1:4317"), token, tls, time);
            case "splunk":
                Uri address = Address(parsed, "https://splunk:8088");
                return new SplunkDestination(address, token ?? throw new UserException(ExitCode.Usage, "--to splunk needs --token-file"), parsed.GetRequiredValue(_sourceType), tls, time);
            default:
                if (parsed.GetValue(_url) is not null || parsed.GetValue(_urlFile) is not string urlFile)
                {
                    throw new UserException(ExitCode.Usage, "--to sumo needs --url-file, and no --url: the URL of an HTTP source is a secret, and others see command lines");
                }

                return new SumoDestination(SecretFile.Open(urlFile, logger), parsed.GetRequiredValue(_category), tls, time);
        }
    }

    private Uri Address(ParseResult parsed, string example)
    {
        string url = parsed.GetValue(_url) ?? throw new UserException(ExitCode.Usage, $"--url is missing: where is it? Such as {example}");
        Uri address = HttpAddress.Read("--url", url, example);
        return ForwardAddress.TryRead(url, out _)
            ? address
            : throw new UserException(ExitCode.Usage, $"{url} is beyond loopback and in clear text: anybody on the way could read alerts and the token; https mends that");
    }

    private async Task<int> ForwardAsync(ParseResult parsed)
    {
        using ILoggerFactory logging = LoggerFactory.Create(static logging => MessageFormatter.AddTo(logging));
        using var stop = new CancellationTokenSource();
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        try
        {
            string name = NameOf(parsed.GetValue(_name), parsed.GetRequiredValue(_to));
            DateTimeOffset since = ExportCommand.SinceOf(parsed.GetValue(_since), TimeProvider.System.GetUtcNow());
            using IDestination destination = DestinationOf(parsed, TimeProvider.System, logging.CreateLogger<SecretFile>());
            await using IOutbox outbox = parsed.GetValue(_store.Postgres) is string connection
                ? await PostgresOutbox.OpenAsync(connection, name, since, TimeProvider.System)
                : SqliteOutbox.Open(parsed.GetRequiredValue(_store.Data), name, since, TimeProvider.System);
            await new Forwarder(outbox, destination, TimeProvider.System, new Random(), logging.CreateLogger<Forwarder>()).RunAsync(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // it was told to
        }
        catch (StoreException e)
        {
            throw new UserException(ExitCode.Unavailable, e.Message);
        }
        catch (TlsException e)
        {
            throw new UserException(ExitCode.Configuration, e.Message);
        }

        return ExitCode.Fine;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }
}
