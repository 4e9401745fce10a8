using Microsoft.Extensions.Logging;
using Tallyman.Agent.Status;
using Tallyman.Grpc;

namespace Tallyman.Agent.Delivery;

/// <summary>
/// Opens channels to collectors. Certificates that are missing, broken or out of date end nothing: alerts wait on this host
/// until there are better ones.
/// </summary>
internal sealed class CollectorChannels : IDisposable
{
    /// <summary>A black hole is to be noticed within 30 seconds: this, half of it for the answer, and up to 5 as .NET looks only now and then.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(16);

    private readonly Health _health;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private volatile Collectors _collectors;

    public CollectorChannels(CollectorOptions options, Health health, TimeProvider time, ILogger<CollectorChannels> logger)
    {
        (_health, _time, _logger) = (health, time, logger);
        _collectors = CollectorsOf(options);
    }

    public CollectorOptions Options => _collectors.Options;

    /// <summary>Is cancelled when the collectors are no longer those of <see cref="Options"/> as it is now.</summary>
    public CancellationToken Changed => _collectors.Changed.Token;

    /// <summary>Null if there is none.</summary>
    public DateTimeOffset? CertificateExpires => _collectors.Tls?.Current?.Expires;

    /// <summary>From now on records go there.</summary>
    public void Use(CollectorOptions options)
    {
        Collectors last = _collectors;
        last.Tls?.Dispose();
        _health[Ailment.CertificateFailing] = null;
        _collectors = CollectorsOf(options);
        last.Changed.Cancel();
    }

    /// <exception cref="TlsException">There is no certificate to be used.</exception>
    public GrpcChannel Open(Uri collector) => new(collector, KeepAlive, collector.Scheme == Uri.UriSchemeHttps ? _collectors.Tls : null);

    public void Dispose() => _collectors.Tls?.Dispose();

    private Collectors CollectorsOf(CollectorOptions options) => new(
        options,
        options.Tls is TlsFiles files ? new TlsWatch(files, _time, _logger, problem => _health[Ailment.CertificateFailing] = problem) : null,
        new CancellationTokenSource());

    private sealed record Collectors(CollectorOptions Options, TlsWatch? Tls, CancellationTokenSource Changed);
}
