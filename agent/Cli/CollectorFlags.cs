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

    private readonly Option<string?> _certificate = new("--tls-cert") { Description = "Certificate of this agent, and those that lead to its authority (PEM)", HelpName = "FILE" };
    private readonly Option<string?> _key = new("--tls-key") { Description = "The certificate's key (PEM)", HelpName = "FILE" };
    private readonly Option<string?> _authorities = new("--tls-ca") { Description = "Authorities of the collectors' certificates (PEM)", HelpName = "FILE" };
    private readonly Option<bool> _insecure = new("--insecure") { Description = "Allow collectors beyond loopback in clear text" };

    public void AddTo(Command command)
    {
        command.Add(_collector);
        command.Add(_certificate);
        command.Add(_key);
        command.Add(_authorities);
        command.Add(_insecure);
    }

    public CollectorOptions Of(ParseResult parsed)
    {
        TlsFiles? tls = TlsOf(parsed.GetValue(_certificate), parsed.GetValue(_key), parsed.GetValue(_authorities));
        Uri[] collectors = [.. (parsed.GetValue(_collector) ?? []).Select(url => CollectorOf(url, tls is not null, parsed.GetValue(_insecure)))];
        return tls is null || collectors.Any(static collector => collector.Scheme == Uri.UriSchemeHttps)
            ? new CollectorOptions(collectors, tls)
            : throw new UserException(ExitCode.Usage, "the --tls options are for a --collector https://…, there is none");
    }

    /// <returns>Null where none is given.</returns>
    private static TlsFiles? TlsOf(string? certificate, string? key, string? authorities) => (certificate, key, authorities) switch
    {
        (null, null, null) => null,
        ("", _, _) or (_, "", _) or (_, _, "") => throw new UserException(ExitCode.Usage, "the --tls options must name files, one of them is empty"),
        (string, string, string) => new TlsFiles(certificate, key, authorities),
        _ => throw new UserException(ExitCode.Usage, "--tls-cert, --tls-key and --tls-ca go together: both sides show certificates"),
    };

    private static Uri CollectorOf(string url, bool hasTls, bool insecure)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri)
            || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps)
            || uri.PathAndQuery != "/"
            || uri.UserInfo.Length > 0)
        {
            throw new UserException(ExitCode.Usage, $"--collector must be like https://alerts.example:7610, is '{url}'");
        }

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
