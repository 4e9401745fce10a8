using Microsoft.Extensions.Logging;
using Tallyman.Agent.Status;
using Tallyman.Grpc;

namespace Tallyman.Agent.Delivery;

/// <summary>
/// Opens channels to collectors. Certificates that are missing, broken or out of date end nothing: alerts wait on this host
/// until there are better ones.
/// </summary>
internal sealed class CollectorChannels(CollectorOptions options, Health health, TimeProvider time, ILogger<CollectorChannels> logger) : IDisposable
{
    /// <summary>A black hole is to be noticed within 30 seconds: this, half of it for the answer, and up to 5 as .NET looks only now and then.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(16);

    private readonly TlsWatch? _tls = options.Tls is TlsFiles files
        ? new TlsWatch(files, time, logger, problem => health[Ailment.CertificateFailing] = problem)
        : null;

    /// <summary>Null if there is none.</summary>
    public DateTimeOffset? CertificateExpires => _tls?.Current?.Expires;

    /// <exception cref="TlsException">There is no certificate to be used.</exception>
    public GrpcChannel Open(Uri collector) => new(collector, KeepAlive, collector.Scheme == Uri.UriSchemeHttps ? _tls : null);

    public void Dispose() => _tls?.Dispose();
}
