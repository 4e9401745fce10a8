using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Tallyman.Grpc;

namespace Tallyman.Tests.Support;

/// <summary>Issues certificates into files, good ones and others.</summary>
internal sealed class TestAuthority : IDisposable
{
    private const string Server = "1.3.6.1.5.5.7.3.1";
    private const string Client = "1.3.6.1.5.5.7.3.2";

    private readonly TemporaryDirectory _directory;
    private readonly X509Certificate2 _certificate;
    private readonly string _name;

    public TestAuthority(TemporaryDirectory directory, string name)
    {
        (_directory, _name) = (directory, name);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        File.WriteAllText(Authorities, _certificate.ExportCertificatePem());
    }

    public string Authorities => _directory.File($"{_name}.pem");

    public TlsFiles ForCollector(DateTimeOffset? expires = null) => Issue("server", Server, expires, static names =>
    {
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
    });

    public TlsFiles ForAgent(string id, DateTimeOffset? expires = null) =>
        Issue($"agent-{id}", Client, expires, names => names.AddUri(new Uri($"spiffe://test/tallyman/{id}")));

    public TlsFiles ForAgent(string file, Action<SubjectAlternativeNameBuilder> names) => Issue(file, Client, null, names);

    public void Dispose() => _certificate.Dispose();

    private TlsFiles Issue(string file, string purpose, DateTimeOffset? expires, Action<SubjectAlternativeNameBuilder> addNames)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={file}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        var names = new SubjectAlternativeNameBuilder();
        addNames(names);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset until = expires ?? DateTimeOffset.UnixEpoch.AddYears(190);
        using X509Certificate2 certificate = request.Create(_certificate, DateTimeOffset.UnixEpoch, until, RandomNumberGenerator.GetBytes(8));
        var files = new TlsFiles(_directory.File($"{file}.crt"), _directory.File($"{file}.key"), Authorities);
        File.WriteAllText(files.Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(files.Key, key.ExportPkcs8PrivateKeyPem());
        return files;
    }
}
