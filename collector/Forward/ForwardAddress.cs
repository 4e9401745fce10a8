using System.Diagnostics.CodeAnalysis;

namespace Tallyman.Collector.Forward;

/// <summary>An address that alerts may be sent to: TLS, or clear text to this host.</summary>
internal static class ForwardAddress
{
    public static bool TryRead(string text, [NotNullWhen(true)] out Uri? address) =>
        Uri.TryCreate(text, UriKind.Absolute, out address)
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
        && address.UserInfo.Length == 0;
}
