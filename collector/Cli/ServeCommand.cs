using System.CommandLine;
using System.Net;
using Tallyman.Cli;
using Tallyman.Grpc;

namespace Tallyman.Collector.Cli;

/// <summary><c>serve</c>: receives and stores until it is told to stop.</summary>
internal sealed class ServeCommand : Command, ICommandWithExamples
{
    private readonly Option<string> _listen = new("--listen")
    {
        Description = "Where agents find it: https with the --tls options, http on loopback",
        HelpName = "URL",
        DefaultValueFactory = static _ => "http://127.0.0.1:7610",
    };

    private readonly Option<bool> _insecure = new("--insecure") { Description = "Allow clear text beyond loopback" };
    private readonly TlsFlags _tls = new("the collector", "--tls-client-ca", "agents");
    private readonly StoreOptions _store = new();

    private readonly Option<int> _keepDays = new("--keep-days")
    {
        Description = "Days after which what is stored is taken away",
        HelpName = "N",
        DefaultValueFactory = static _ => 90,
    };

    public ServeCommand()
        : base("serve", "Receive alerts and store them")
    {
        Add(_listen);
        Add(_insecure);
        _tls.AddTo(this);
        _store.AddTo(this);
        Add(_keepDays);
        SetAction((parsed, cancel) => CollectorHost.RunAsync(OptionsOf(parsed), cancel));
    }

    public IReadOnlyList<string> Examples =>
    [
        "tallyman-collector serve --data /tmp/alerts",
        "tallyman-collector serve --listen http://127.0.0.1:8000 --data /var/lib/tallyman-collector",
        "tallyman-collector serve --listen https://0.0.0.0:7610 --tls-cert server.pem --tls-key server.key --tls-client-ca ca.pem",
        "PGPASSFILE=/etc/tallyman/pgpass tallyman-collector serve --postgres 'Host=db;Database=tallyman;Username=tallyman' --keep-days 30",
    ];

    internal static TimeSpan KeepOf(int days) => days is >= 1 and <= 3650
        ? TimeSpan.FromDays(days)
        : throw new UserException(ExitCode.Usage, $"--keep-days must be 1 to 3650, is {days}");

    internal static IPEndPoint AddressOf(string url, bool insecure, bool hasTls)
    {
        Uri uri = HttpAddress.Read("--listen", url, "http://127.0.0.1:7610 or https://0.0.0.0:7610");
        if (hasTls != (uri.Scheme == Uri.UriSchemeHttps))
        {
            throw new UserException(ExitCode.Usage, $"--listen https://… and the --tls options go together, --listen is '{url}'");
        }

        IPAddress? address = uri.Host == "localhost" ? IPAddress.Loopback : null;
        if (address is null && !IPAddress.TryParse(uri.Host.Trim('[', ']'), out address))
        {
            throw new UserException(ExitCode.Usage, $"--listen must name an IP address or localhost, names '{uri.Host}'");
        }

        if (!IPAddress.IsLoopback(address) && !hasTls && !insecure)
        {
            throw new UserException(
                ExitCode.Usage, $"{url} is beyond loopback and in clear text: anybody on the way could read and forge alerts; --tls-cert and its like mend that, --insecure allows it");
        }

        return new IPEndPoint(address, uri.Port);
    }

    private CollectorOptions OptionsOf(ParseResult parsed)
    {
        TlsFiles? tls = _tls.Of(parsed);
        return new CollectorOptions(
            AddressOf(parsed.GetRequiredValue(_listen), parsed.GetValue(_insecure), tls is not null),
            parsed.GetRequiredValue(_store.Data),
            parsed.GetValue(_store.Postgres),
            KeepOf(parsed.GetValue(_keepDays)),
            tls);
    }
}
