using System.IO.Compression;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Text;
using Tallyman.Collector.Export;
using Tallyman.Collector.Store;

namespace Tallyman.Collector.Forward;

/// <summary>An HTTP source of Sumo Logic: lines in gzip. Its address is the secret, and never shown.</summary>
internal sealed class SumoDestination(SecretFile address, string category, SslClientAuthenticationOptions? tls, TimeProvider time) : IDestination
{
    private readonly HttpSender _http = new(tls, time);

    public string Name => "Sumo Logic";

    public async Task<Answer> SendAsync(IReadOnlyList<StoredAlert> alerts, CancellationToken cancel)
    {
        if (!address.TryRead(out string secret, out string flaw))
        {
            return new Answer(Verdict.Misconfigured, flaw);
        }

        if (!ForwardAddress.TryRead(secret, out Uri? to))
        {
            return new Answer(Verdict.Misconfigured, "the file of the address must hold an https URL");
        }

        var body = new ByteArrayContent(Compressed(alerts.Select(SumoFormat.Write)));
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        body.Headers.ContentEncoding.Add("gzip");
        body.Headers.TryAddWithoutValidation("X-Sumo-Category", category);
        return AnswerOf(await _http.PostAsync(to, body, authorization: null, cancel));
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Status codes of Sumo's "Troubleshooting HTTP Sources". It says of no line that it is at fault, only of a body that it is too large.</summary>
    internal static Answer AnswerOf(HttpReply reply) => reply.Status switch
    {
        200 => Answer.Taken,
        413 => new Answer(Verdict.Refused, reply.Detail),
        408 or 429 => new Answer(Verdict.Later, reply.Detail) { After = reply.RetryAfter },
        >= 201 and < 500 => new Answer(Verdict.Misconfigured, reply.Detail),
        _ => new Answer(Verdict.Later, reply.Detail) { After = reply.RetryAfter },
    };

    private static byte[] Compressed(IEnumerable<string> lines)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest))
        {
            foreach (string line in lines)
            {
                gzip.Write(Encoding.UTF8.GetBytes(line));
                gzip.WriteByte((byte)'\n');
            }
        }

        return buffer.ToArray();
    }
}
