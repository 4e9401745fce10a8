using System.CommandLine;
using Tallyman.Agent.Delivery;
using Tallyman.Cli;
using Tallyman.Grpc;

namespace Tallyman.Agent.Cli;

/// <summary>Where alerts go, and how both sides know each other: <c>--collector</c>, <c>--tls-…</c>, <c>--insecure</c>.</summary>
internal sealed class CollectorFlags
{
    private readonly Option<string[]> _collector = new("--collector")
    {
        Description = "Where alerts are delivered; may be given several times, for when one is away. Without it they stay on this host",
        HelpName = "URL",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly TlsFlags _tls = new("this agent", "--tls-ca", "collectors");
    private readonly Option<bool> _insecure = new("--insecure") { Description = "Allow collectors beyond loopback in clear text" };

    public void AddTo(Command command)
    {
        command.Add(_collector);
        _tls.AddTo(command);
        command.Add(_insecure);
    }

    public CollectorOptions Of(ParseResult parsed)
    {
        TlsFiles? tls = _tls.Of(parsed);
        Uri[] collectors = [.. (parsed.GetValue(_collector) ?? []).Select(url => CollectorOf(url, tls is not null, parsed.GetValue(_insecure)))];
        return tls is null || collectors.Any(static collector => collector.Scheme == Uri.UriSchemeHttps)
            ? new CollectorOptions(collectors, tls)
            : throw new UserException(ExitCode.Usage, "the --tls options are for a --collector https://…, there is none");
    }

    private static Uri CollectorOf(string url, bool hasTls, bool insecure)
    {
        Uri uri = TlsFlags.AddressOf("--collector", url, "https://alerts.example:7610");
        if (uri.Scheme == Uri.UriSchemeHttps && !hasTls)
        {
            throw new UserException(ExitCode.Usage, $"--collector {url} needs --tls-cert, --tls-key and --tls-ca: who this agent is, and whom it trusts");
        }

        return uri.IsLoopback || uri.Scheme == Uri.UriSchemeHttps || insecure
            ? uri
            : throw new UserException(
                ExitCode.Usage, $"--collector {url} is beyond loopback and in clear text: anybody on the way could read and forge alerts; https and --tls-cert and its like mend that, --insecure allows it");
    }
}
