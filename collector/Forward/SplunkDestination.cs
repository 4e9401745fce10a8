using System.Net.Http.Headers;
using System.Net.Security;
using System.Text.Json;
using Tallyman.Collector.Export;
using Tallyman.Collector.Store;

namespace Tallyman.Collector.Forward;

/// <summary>Splunk's HTTP Event Collector: events one behind the other in one body.</summary>
internal sealed class SplunkDestination(Uri address, SecretFile token, string sourceType, SslClientAuthenticationOptions? tls, TimeProvider time) : IDestination
{
    private readonly Uri _address = new(address, "/services/collector/event");
    private readonly HttpSender _http = new(tls, time);

    public string Name { get; } = $"Splunk at {address.Authority}";

    public async Task<Answer> SendAsync(IReadOnlyList<StoredAlert> alerts, CancellationToken cancel)
    {
        if (!token.TryRead(out string secret, out string flaw))
        {
            return new Answer(Verdict.Misconfigured, flaw);
        }

        var body = new StringContent(string.Join('\n', alerts.Select(stored => SplunkFormat.Write(stored, sourceType))), MediaTypeHeaderValue.Parse("application/json"));
        return AnswerOf(await _http.PostAsync(_address, body, new AuthenticationHeaderValue("Splunk", secret), cancel));
    }

    public void Dispose() => _http.Dispose();

    /// <summary>
    /// Codes of "Troubleshoot HTTP Event Collector, Possible error codes" (Splunk Enterprise 9.4). Only what is certainly the fault of an
    /// event is refused for ever.
    /// </summary>
    internal static Answer AnswerOf(HttpReply reply)
    {
        (int? code, int? which) = CodeIn(reply.Text);
        return (reply.Status, code) switch
        {
            (200, 0) => Answer.Taken,
            (400, 6 or 12 or 13 or 15) => new Answer(Verdict.Refused, reply.Detail) { Which = which }, // format, no event, blank event, fields
            (413, _) => new Answer(Verdict.Refused, reply.Detail),
            (408 or 429, _) => new Answer(Verdict.Later, reply.Detail) { After = reply.RetryAfter },
            ( >= 300 and < 500, _) => new Answer(Verdict.Misconfigured, reply.Detail), // token, index, channel, address
            (200, _) => new Answer(Verdict.Misconfigured, $"this is no HTTP Event Collector: {reply.Detail}"),
            _ => new Answer(Verdict.Later, reply.Detail) { After = reply.RetryAfter },
        };
    }

    private static (int? Code, int? Which) CodeIn(string text)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            return json.RootElement.ValueKind == JsonValueKind.Object ? (NumberIn(json, "code"), NumberIn(json, "invalid-event-number")) : (null, null);
        }
        catch (JsonException)
        {
            return (null, null);
        }
    }

    private static int? NumberIn(JsonDocument json, string name) =>
        json.RootElement.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : null;
}
