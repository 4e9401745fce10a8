using System.CommandLine;
using System.Net;
using Tallyman.Cli;

namespace Tallyman.Collector.Cli;

/// <summary><c>serve</c>: receives and stores until it is told to stop.</summary>
internal sealed class ServeCommand : Command, ICommandWithExamples
{
    private readonly Option<string> _listen = new("--listen")
    {
        Description = "Where agents find it; without TLS only on loopback",
        HelpName = "URL",
        DefaultValueFactory = static _ => "http://127.0.0.1:7610",
    };

    private readonly Option<bool> _insecure = new("--insecure") { Description = "Allow clear text beyond loopback" };
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
        _store.AddTo(this);
        Add(_keepDays);
        SetAction((parsed, cancel) => CollectorHost.RunAsync(
            new CollectorOptions(
                AddressOf(parsed.GetRequiredValue(_listen), parsed.GetValue(_insecure)),
                parsed.GetRequiredValue(_store.Data),
                parsed.GetValue(_store.Postgres),
                KeepOf(parsed.GetValue(_keepDays))),
            cancel));
    }

    public IReadOnlyList<string> Examples =>
    [
        "tallyman-collector serve --data /tmp/alerts",
        "tallyman-collector serve --listen http://127.0.0.1:8000 --data /var/lib/tallyman-collector",
        "PGPASSFILE=/etc/tallyman/pgpass tallyman-collector serve --postgres 'Host=db;Database=tallyman;Username=tallyman' --keep-days 30",
    ];

    internal static TimeSpan KeepOf(int days) => days is >= 1 and <= 3650
        ? TimeSpan.FromDays(days)
        : throw new UserException(ExitCode.Usage, $"--keep-days must be 1 to 3650, is {days}");

    internal static IPEndPoint AddressOf(string url, bool insecure)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) || uri.Scheme != Uri.UriSchemeHttp || uri.PathAndQuery != "/" || uri.UserInfo.Length > 0)
        {
            throw new UserException(ExitCode.Usage, $"--listen must be like http://127.0.0.1:7610, is '{url}'");
        }

        IPAddress? address = uri.Host == "localhost" ? IPAddress.Loopback : null;
        if (address is null && !IPAddress.TryParse(uri.Host.Trim('[', ']'), out address))
        {
            throw new UserException(ExitCode.Usage, $"--listen must name an IP address or localhost, names '{uri.Host}'");
        }

        if (!IPAddress.IsLoopback(address) && !insecure)
        {
            throw new UserException(
                ExitCode.Usage, $"{url} is beyond loopback and in clear text: anybody on the way could read and forge alerts; --insecure allows it");
        }

        return new IPEndPoint(address, uri.Port);
    }
}
