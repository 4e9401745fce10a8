using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Tallyman.Agent.Delivery;
using Tallyman.Grpc;
using Tallyman.Rendering;

namespace Tallyman.Agent.Checks;

/// <summary>Whether alerts can be delivered: certificates, and the way to each collector. No stream is opened, as that of the agent that runs would end.</summary>
internal static class DeliveryChecks
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Soon = TimeSpan.FromDays(14);

    public static async Task<IReadOnlyList<CheckLine>> OfAsync(CollectorOptions options, DateTimeOffset now)
    {
        var lines = new List<CheckLine>();
        if (options.Collectors.Count == 0)
        {
            lines.Add(new CheckLine("collectors", Outcome.Warn, "there are none: alerts stay on this host: set collectors"));
        }

        TlsIdentity? identity = options.Tls is TlsFiles files ? Load(files, now, lines) : null;
        foreach (Uri collector in options.Collectors)
        {
            string subject = $"collector {collector.Authority}";
            lines.Add(await WhyNotAsync(collector, identity) is string reason
                ? new CheckLine(subject, Outcome.Fail, reason)
                : new CheckLine(subject, Outcome.Ok, collector.Scheme == Uri.UriSchemeHttps ? "answers, and each side takes the other's certificate" : "answers, in clear text"));
        }

        return lines;
    }

    private static TlsIdentity? Load(TlsFiles files, DateTimeOffset now, List<CheckLine> lines)
    {
        try
        {
            var identity = TlsIdentity.Load(files, now);
            string until = identity.Expires.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
            lines.Add(identity.Expires - now < Soon
                ? new CheckLine("certificate", Outcome.Warn, $"{files.Certificate} expires at {until}: put a new one in its place, which is taken without a restart")
                : new CheckLine("certificate", Outcome.Ok, $"{files.Certificate} is good until {until}"));
            return identity;
        }
        catch (TlsException e)
        {
            lines.Add(new CheckLine("certificate", Outcome.Fail, SafeText.Escape(e.Message)));
            return null;
        }
    }

    /// <returns>Null if it answers.</returns>
    private static async Task<string?> WhyNotAsync(Uri collector, TlsIdentity? identity)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(collector.IdnHost, collector.Port, patience.Token);
            if (collector.Scheme == Uri.UriSchemeHttps && identity is not null)
            {
                SslClientAuthenticationOptions options = identity.ForClient();
                options.TargetHost = collector.IdnHost;
                options.ApplicationProtocols = [SslApplicationProtocol.Http2];
                await using var stream = new SslStream(client.GetStream());
                await stream.AuthenticateAsClientAsync(options, patience.Token);

                // In TLS 1.3 a client learns only by reading that its certificate is refused; a server of HTTP/2 speaks first.
                return await stream.ReadAsync(new byte[1], patience.Token) > 0 ? null : "ends the connection: it may not take this agent's certificate; its log says";
            }

            return null;
        }
        catch (OperationCanceledException)
        {
            return $"no answer in {Patience.TotalSeconds} s: look at routes and firewalls";
        }
        catch (SocketException e)
        {
            return $"{SafeText.Escape(e.Message)}: is it running, and is this its address?";
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            return $"{SafeText.Escape((e.InnerException ?? e).Message)}: look at tls.ca here, and at the collector's log";
        }
    }
}
