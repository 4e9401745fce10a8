using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Tallyman.Collector.Ingest;

/// <summary>
/// Which agent a certificate speaks for: <c>spiffe://TRUST-DOMAIN/tallyman/AGENT-ID</c> among its alternative names, or where
/// it has no SPIFFE name at all, a DNS name that is the agent's id; with <c>spiffe://TRUST-DOMAIN/tallyman/fleet/FLEET</c>, which the nodes
/// of a cluster share, every one whose id ends with .FLEET. Which trust domains there are is for the authority to say.
/// </summary>
internal static class AgentNames
{
    private const string Fleet = "*.";
    private const string SubjectAlternativeName = "2.5.29.17";
    private static readonly Asn1Tag DnsName = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag Uri = new(TagClass.ContextSpecific, 6);

    public static IReadOnlyList<string> In(X509Certificate2 certificate)
    {
        X509Extension? extension = certificate.Extensions.FirstOrDefault(static each => each.Oid?.Value == SubjectAlternativeName);
        return extension is null ? [] : In(extension.RawData);
    }

    /// <param name="names">Of a certificate.</param>
    public static bool Include(IReadOnlyList<string> names, string agent) => names.Any(name =>
        name == agent || (name.StartsWith(Fleet, StringComparison.Ordinal) && agent.Length > name.Length - 1 && agent.EndsWith(name[1..], StringComparison.Ordinal)));

    private static List<string> In(byte[] names)
    {
        var ids = new List<string>();
        var dns = new List<string>();
        bool hasSpiffe = false;
        try
        {
            AsnReader sequence = new AsnReader(names, AsnEncodingRules.DER).ReadSequence();
            while (sequence.HasData)
            {
                Asn1Tag tag = sequence.PeekTag();
                if (tag.HasSameClassAndValue(DnsName))
                {
                    string name = sequence.ReadCharacterString(UniversalTagNumber.IA5String, DnsName);
                    if (!name.StartsWith(Fleet, StringComparison.Ordinal)) // a wildcard, which is for servers
                    {
                        dns.Add(name);
                    }
                }
                else if (tag.HasSameClassAndValue(Uri))
                {
                    string uri = sequence.ReadCharacterString(UniversalTagNumber.IA5String, Uri);
                    hasSpiffe |= uri.StartsWith("spiffe://", StringComparison.OrdinalIgnoreCase);
                    switch (uri.Split('/'))
                    {
                        case ["spiffe:", "", { Length: > 0 }, "tallyman", { Length: > 0 } id] when !id.StartsWith(Fleet, StringComparison.Ordinal):
                            ids.Add(id);
                            break;
                        case ["spiffe:", "", { Length: > 0 }, "tallyman", "fleet", { Length: > 0 } fleet]:
                            ids.Add(Fleet + fleet);
                            break;
                    }
                }
                else
                {
                    sequence.ReadEncodedValue();
                }
            }
        }
        catch (AsnContentException)
        {
            return []; // it speaks for nobody
        }

        return hasSpiffe ? ids : dns;
    }
}
