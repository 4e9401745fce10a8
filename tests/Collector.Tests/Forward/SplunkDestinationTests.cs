using System.Buffers;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Tallyman.Cli;
using Tallyman.Collector.Forward;
using Tallyman.Collector.Tests.Export;
using Tallyman.Grpc;
using Xunit;

namespace Tallyman.Collector.Tests.Forward;

/// <summary>Against a server that behaves as Splunk's documentation says of the HTTP Event Collector.</summary>
public sealed class SplunkDestinationTests : IAsyncLifetime, IDisposable
{
    private const string Token = "B5A79AAD-D822-46CC-80D1-819F80D7BFB0";

    private readonly TemporaryDirectory _directory = new();
    private readonly List<JsonElement> _events = [];
    private HttpPeer _splunk = null!;

    public async Task InitializeAsync()
    {
        _splunk = await HttpPeer.StartAsync(CollectAsync);
        await WriteTokenAsync(Token);
    }

    public async Task DisposeAsync() => await _splunk.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Events_arrive_with_time_host_source_and_sourcetype()
    {
        using SplunkDestination splunk = Destination();
        Assert.Equal(Answer.Taken, await splunk.SendAsync([Some.Alert("a"), Some.BareAlert("b")], CancellationToken.None));
        Assert.Equal(["a", "b"], _events.Select(static each => each.GetProperty("event").GetProperty("id").GetString()));
        Assert.Equal((1772448137.123m, "node-17", "tallyman:ebpf", "tallyman:alert"), (
            _events[0].GetProperty("time").GetDecimal(), _events[0].GetProperty("host").GetString(), _events[0].GetProperty("source").GetString(), _events[0].GetProperty("sourcetype").GetString()));
        Assert.False(_events[1].TryGetProperty("host", out _));
    }

    [Fact]
    public async Task A_token_that_does_not_count_is_a_matter_for_people_and_a_new_one_needs_no_restart()
    {
        using SplunkDestination splunk = Destination();
        await WriteTokenAsync("another");
        Answer answer = await splunk.SendAsync([Some.Alert()], CancellationToken.None);
        Assert.Equal((Verdict.Misconfigured, "HTTP 403 {\"text\":\"Invalid token\",\"code\":4}"), (answer.Verdict, answer.Detail));
        File.Delete(_directory.File("token"));
        Assert.Equal(Verdict.Misconfigured, (await splunk.SendAsync([Some.Alert()], CancellationToken.None)).Verdict);
        await WriteTokenAsync(Token);
        Assert.Equal(Answer.Taken, await splunk.SendAsync([Some.Alert()], CancellationToken.None));
    }

    [Theory]
    [InlineData(200, """{"text":"Success","code":0}""", Verdict.Taken)]
    [InlineData(200, "<html>welcome</html>", Verdict.Misconfigured)]
    [InlineData(400, """{"text":"No data","code":5}""", Verdict.Misconfigured)]
    [InlineData(400, """{"text":"Invalid data format","code":6,"invalid-event-number":1}""", Verdict.Refused)]
    [InlineData(400, """{"text":"Incorrect index","code":7,"invalid-event-number":0}""", Verdict.Misconfigured)]
    [InlineData(500, """{"text":"Internal server error","code":8}""", Verdict.Later)]
    [InlineData(503, """{"text":"Server is busy","code":9}""", Verdict.Later)]
    [InlineData(400, """{"text":"Data channel is missing","code":10}""", Verdict.Misconfigured)]
    [InlineData(400, """{"text":"Event field is required","code":12,"invalid-event-number":0}""", Verdict.Refused)]
    [InlineData(400, """{"text":"Event field cannot be blank","code":13,"invalid-event-number":0}""", Verdict.Refused)]
    [InlineData(400, """{"text":"Error in handling indexed fields","code":15,"invalid-event-number":0}""", Verdict.Refused)]
    [InlineData(400, "The plain HTTP request was sent to HTTPS port", Verdict.Misconfigured)]
    [InlineData(400, "[6]", Verdict.Misconfigured)]
    [InlineData(400, """{"code":"6"}""", Verdict.Misconfigured)]
    [InlineData(401, """{"text":"Token is required","code":2}""", Verdict.Misconfigured)]
    [InlineData(403, """{"text":"Token disabled","code":1}""", Verdict.Misconfigured)]
    [InlineData(404, "", Verdict.Misconfigured)]
    [InlineData(302, "", Verdict.Misconfigured)]
    [InlineData(413, "", Verdict.Refused)]
    [InlineData(429, "", Verdict.Later)]
    [InlineData(502, "<html>", Verdict.Later)]
    public async Task Only_what_is_the_fault_of_an_event_is_refused_for_ever(int status, string body, object verdict)
    {
        using SplunkDestination splunk = Destination();
        _splunk.Next.Enqueue(HttpPeer.Answer(status, body));
        Answer answer = await splunk.SendAsync([Some.Alert("a"), Some.Alert("b")], CancellationToken.None);
        Assert.Equal(verdict, answer.Verdict);
        Assert.Equal(body.Contains("number\":1", StringComparison.Ordinal) ? 1 : answer.Which is null ? null : 0, answer.Which);
    }

    [Theory]
    [InlineData("120", 120)]
    [InlineData("999999999", 3600)]
    [InlineData("soon", 0)]
    [InlineData("Mon, 01 Jan 2001 00:00:00 GMT", 0)]
    public async Task Retry_After_is_a_pause_within_reason(string header, int seconds)
    {
        using SplunkDestination splunk = Destination();
        _splunk.Next.Enqueue(HttpPeer.Answer(503, """{"text":"Server is busy","code":9}""", header));
        Assert.Equal(TimeSpan.FromSeconds(seconds), (await splunk.SendAsync([Some.Alert()], CancellationToken.None)).After);
    }

    [Fact]
    public async Task A_reset_and_silence_are_no_answers()
    {
        using SplunkDestination splunk = Destination();
        _splunk.Next.Enqueue(HttpPeer.Reset);
        Assert.Equal(Verdict.Later, (await splunk.SendAsync([Some.Alert()], CancellationToken.None)).Verdict);

        using var impatient = new SplunkDestination(_splunk.Address, Secret(), "t", tls: null, new FastTime());
        _splunk.Next.Enqueue(static http => Task.Delay(Timeout.Infinite, http.RequestAborted));
        Answer answer = await impatient.SendAsync([Some.Alert()], CancellationToken.None);
        Assert.Equal((Verdict.Later, "no answer within 30 s"), (answer.Verdict, answer.Detail));
    }

    [Fact]
    public async Task An_answer_without_end_is_read_to_a_bound()
    {
        using SplunkDestination splunk = Destination();
        _splunk.Next.Enqueue(static async http =>
        {
            http.Response.StatusCode = 503;
            for (byte[] words = new byte[64 * 1024]; !http.RequestAborted.IsCancellationRequested;)
            {
                await http.Response.Body.WriteAsync(words);
            }
        });
        Answer answer = await splunk.SendAsync([Some.Alert()], CancellationToken.None);
        Assert.Equal(Verdict.Later, answer.Verdict);
        Assert.True(answer.Detail.Length <= 300);
    }

    [Fact]
    public async Task Only_whom_the_authorities_speak_for_gets_alerts()
    {
        using var authority = new TestAuthority(_directory, "authority");
        using var other = new TestAuthority(_directory, "other");
        TlsFiles files = authority.ForCollector();
        using var certificate = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPemFile(files.Certificate, files.Key);
        await using HttpPeer splunk = await HttpPeer.StartAsync(CollectAsync, certificate);
        using var trusting = new SplunkDestination(splunk.Address, Secret(), "t", TlsIdentity.ForClient([files.Authorities]), TimeProvider.System);
        Assert.Equal(Answer.Taken, await trusting.SendAsync([Some.Alert()], CancellationToken.None));
        using var doubting = new SplunkDestination(splunk.Address, Secret(), "t", TlsIdentity.ForClient([other.ForCollector().Authorities]), TimeProvider.System);
        Assert.Equal(Verdict.Later, (await doubting.SendAsync([Some.Alert()], CancellationToken.None)).Verdict);
        using var system = new SplunkDestination(splunk.Address, Secret(), "t", tls: null, TimeProvider.System);
        Assert.Equal(Verdict.Later, (await system.SendAsync([Some.Alert()], CancellationToken.None)).Verdict);
        Assert.Single(_events);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("line\r\nX-Evil: 1")]
    [InlineData("ümlaut")]
    public async Task What_is_no_token_is_sent_to_nobody(string text)
    {
        await WriteTokenAsync(text);
        Assert.Contains("must hold one line", Assert.Throws<UserException>(() => SecretFile.Open(_directory.File("token"), NullLogger.Instance)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(UnixFileMode.UserRead, false)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.GroupRead, true)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.OtherRead, true)]
    public void A_token_that_others_may_read_is_said(UnixFileMode mode, bool isSaid)
    {
        File.SetUnixFileMode(_directory.File("token"), mode);
        var log = new ListLogger<SecretFile>();
        SecretFile.Open(_directory.File("token"), log);
        Assert.Equal(isSaid, log.Messages.Count == 1);
        Assert.DoesNotContain(log.Messages, static message => message.Contains(Token, StringComparison.Ordinal));
    }

    private SplunkDestination Destination() => new(_splunk.Address, Secret(), "tallyman:alert", tls: null, TimeProvider.System);

    private SecretFile Secret() => SecretFile.Open(_directory.File("token"), NullLogger.Instance);

    private Task WriteTokenAsync(string token) => File.WriteAllTextAsync(_directory.File("token"), token + "\n");

    /// <summary>"Format events for HTTP Event Collector" and "Possible error codes".</summary>
    private async Task CollectAsync(HttpContext http)
    {
        string? authorization = http.Request.Headers.Authorization;
        Task task = (http.Request.Path.Value, authorization) switch
        {
            (not "/services/collector/event", _) => HttpPeer.Answer(404)(http),
            (_, null) => HttpPeer.Answer(401, """{"text":"Token is required","code":2}""")(http),
            (_, "Splunk " + Token) => TakeAsync(http),
            _ when !authorization.StartsWith("Splunk ", StringComparison.Ordinal) => HttpPeer.Answer(401, """{"text":"Invalid authorization","code":3}""")(http),
            _ => HttpPeer.Answer(403, """{"text":"Invalid token","code":4}""")(http),
        };
        await task;
    }

    private async Task TakeAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        foreach (JsonElement each in ValuesIn(body.ToArray()))
        {
            if (!each.TryGetProperty("event", out _))
            {
                await HttpPeer.Answer(400, """{"text":"Event field is required","code":12}""")(http);
                return;
            }

            _events.Add(each);
        }

        await HttpPeer.Answer(200, """{"text":"Success","code":0}""")(http);
    }

    private static List<JsonElement> ValuesIn(byte[] body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { AllowMultipleValues = true });
        var values = new List<JsonElement>();
        while (reader.Read())
        {
            values.Add(JsonElement.ParseValue(ref reader));
        }

        return values;
    }
}
