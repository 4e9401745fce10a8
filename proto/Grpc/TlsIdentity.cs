using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Tallyman.Grpc;

/// <summary>A certificate with its key and the authorities of its peers, read and found to belong together.</summary>
public sealed class TlsIdentity
{
    private const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;

    // RFC 5280, 4.2.1.12
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly SslStreamCertificateContext _context;
    private readonly X509Certificate2Collection _authorities;

    private TlsIdentity(X509Certificate2 certificate, X509Certificate2Collection chain, X509Certificate2Collection authorities)
    {
        Starts = certificate.NotBefore.ToUniversalTime();
        Expires = certificate.NotAfter.ToUniversalTime();
        _context = SslStreamCertificateContext.Create(certificate, chain, offline: true);
        _authorities = authorities;
    }

    public DateTimeOffset Starts { get; }

    public DateTimeOffset Expires { get; }

    /// <exception cref="TlsException">The files cannot be read, do not belong together, or are out of date.</exception>
    public static TlsIdentity Load(TlsFiles files, DateTimeOffset now)
    {
        TlsIdentity identity = Load(files);
        return now < identity.Expires
            ? identity
            : throw new TlsException($"the certificate in {files.Certificate} has expired at {identity.Expires:u}");
    }

    /// <summary>For one connection of a server that demands a certificate of its client.</summary>
    public SslServerAuthenticationOptions ForServer() => new()
    {
        ServerCertificateContext = _context,
        ClientCertificateRequired = true,
        EnabledSslProtocols = Protocols,
        CertificateChainPolicy = ChainPolicy(ClientAuthentication, _authorities),
    };

    /// <summary>For connections of a client.</summary>
    public SslClientAuthenticationOptions ForClient() => new()
    {
        ClientCertificateContext = _context,
        EnabledSslProtocols = Protocols,
        CertificateChainPolicy = ChainPolicy(ServerAuthentication, _authorities),
    };

    /// <summary>For connections of a client that has no certificate of its own and trusts these authorities only.</summary>
    /// <exception cref="TlsException">The files cannot be read, or hold none.</exception>
    public static SslClientAuthenticationOptions ForClient(IEnumerable<string> authorities) => new()
    {
        EnabledSslProtocols = Protocols,
        CertificateChainPolicy = ChainPolicy(ServerAuthentication, [.. authorities.SelectMany(AuthoritiesIn)]),
    };

    private static TlsIdentity Load(TlsFiles files)
    {
        string certificates = Read(files.Certificate);
        string key = Read(files.Key);
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificates);
            X509Certificate2Collection authorities = AuthoritiesIn(files.Authorities);
            return new TlsIdentity(X509Certificate2.CreateFromPem(certificates, key), chain, authorities);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new TlsException($"{files.Certificate} and {files.Key} must be a certificate and its key in PEM: {e.Message}", e);
        }
    }

    private static X509Certificate2Collection AuthoritiesIn(string file)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(Read(file));
        }
        catch (CryptographicException e)
        {
            throw new TlsException($"{file} must hold certificates in PEM: {e.Message}", e);
        }

        return authorities.Count > 0 ? authorities : throw new TlsException($"{file} must hold certificates in PEM, holds none");
    }

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TlsException($"{file} cannot be read: {e.Message}", e);
        }
    }

    private static X509ChainPolicy ChainPolicy(string purpose, X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck, // short lives take the place of lists that somebody must be asked for
            DisableCertificateDownloads = true,
            ApplicationPolicy = { new Oid(purpose) },
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }
}
