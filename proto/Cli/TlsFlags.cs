using System.CommandLine;
using Tallyman.Grpc;

namespace Tallyman.Cli;

/// <summary>Who this side of mutual TLS is and whom it trusts: <c>--tls-cert</c>, <c>--tls-key</c> and the authorities of the other side.</summary>
/// <param name="own">Whose certificate it is.</param>
/// <param name="authorities">The flag of the authorities.</param>
/// <param name="peers">Whose certificates those are good for.</param>
public sealed class TlsFlags(string own, string authorities, string peers)
{
    private readonly Option<string?> _certificate = new("--tls-cert") { Description = $"Certificate of {own}, and those that lead to its authority (PEM)", HelpName = "FILE" };
    private readonly Option<string?> _key = new("--tls-key") { Description = "The certificate's key (PEM)", HelpName = "FILE" };
    private readonly Option<string?> _authorities = new(authorities) { Description = $"Authorities of the {peers}' certificates (PEM)", HelpName = "FILE" };

    public void AddTo(Command command)
    {
        command.Add(_certificate);
        command.Add(_key);
        command.Add(_authorities);
    }

    /// <returns>Null where none is given.</returns>
    /// <exception cref="UserException">Some are given and some are not.</exception>
    public TlsFiles? Of(ParseResult parsed) => (parsed.GetValue(_certificate), parsed.GetValue(_key), parsed.GetValue(_authorities)) switch
    {
        (null, null, null) => null,
        ("", _, _) or (_, "", _) or (_, _, "") => throw new UserException(ExitCode.Usage, "the --tls options must name files, one of them is empty"),
        (string certificate, string key, string trusted) => new TlsFiles(certificate, key, trusted),
        _ => throw new UserException(ExitCode.Usage, $"--tls-cert, --tls-key and {authorities} go together: both sides show certificates"),
    };
}
