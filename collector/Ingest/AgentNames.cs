using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Tallyman.Collector.Ingest;

/// <summary>
/// Which agent a certificate speaks for: <c>spiffe://TRUST-DOMAIN/tallyman/AGENT-ID</c> among its alternative names, or where
/// it has no SPIFFE name at all, a DNS name that is the agent's id. Which trust domains there are is for the authority to say.
/// </summary>
internal static class AgentNames
{
    private const string SubjectAlternativeName = "2.5.29.17";
    private static readonly Asn1Tag DnsName = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag Uri = new(TagClass.ContextSpecific, 6);

    public static IReadOnlyList<string> In(X509Certificate2 certificate)
    {
        X509Extension? extension = certificate.Extensions.FirstOrDefault(static each => each.Oid?.Value == SubjectAlternativeName);
        return extension is null ? [] : In(extension.RawData);
    }

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
                    dns.Add(sequence.ReadCharacterString(UniversalTagNumber.IA5String, DnsName));
                }
                else if (tag.HasSameClassAndValue(Uri))
                {
                    string uri = sequence.ReadCharacterString(UniversalTagNumber.IA5String, Uri);
                    hasSpiffe |= uri.StartsWith("spiffe://", StringComparison.OrdinalIgnoreCase);
                    if (uri.Split('/') is ["spiffe:", "", { Length: > 0 }, "tallyman", { Length: > 0 } id])
                    {
                        ids.Add(id);
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
