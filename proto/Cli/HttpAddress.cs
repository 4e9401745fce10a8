using System.Diagnostics.CodeAnalysis;

namespace Tallyman.Cli;

/// <summary>Addresses of collectors as people write them: a scheme of HTTP, and nothing behind the port.</summary>
public static class HttpAddress
{
    public static bool TryRead(string url, [NotNullWhen(true)] out Uri? address) =>
        Uri.TryCreate(url, UriKind.Absolute, out address)
        && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
        && address.PathAndQuery == "/"
        && address.UserInfo.Length == 0;

    /// <exception cref="UserException">It is none.</exception>
    public static Uri Read(string flag, string url, string example) =>
        TryRead(url, out Uri? address) ? address : throw new UserException(ExitCode.Usage, $"{flag} must be like {example}, is '{url}'");
}
