using System.IO.Compression;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Tallyman.Collector.Forward;
using Tallyman.Collector.Tests.Export;
using Xunit;

namespace Tallyman.Collector.Tests.Forward;

/// <summary>Against a server that behaves as Sumo Logic's documentation says of HTTP sources.</summary>
public sealed class SumoDestinationTests : IAsyncLifetime, IDisposable
{
    private const string Path = "/receiver/v1/http/ZaVnC4dhaV1hush";

    private readonly TemporaryDirectory _directory = new();
    private readonly List<string> _lines = [];
    private HttpPeer _sumo = null!;
    private string? _category;

    public async Task InitializeAsync()
    {
        _sumo = await HttpPeer.StartAsync(CollectAsync);
        await File.WriteAllTextAsync(_directory.File("url"), new Uri(_sumo.Address, Path).ToString());
    }

    public async Task DisposeAsync() => await _sumo.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Lines_arrive_in_gzip_with_their_category()
    {
        using SumoDestination sumo = Destination();
        Assert.Equal(Answer.Taken, await sumo.SendAsync([Some.Alert("a"), Some.BareAlert("b")], CancellationToken.None));
        Assert.Equal("endpoint/process", _category);
        Assert.Equal(["a", "b"], _lines.Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("id").GetString()));
    }

    [Theory]
    [InlineData(401, Verdict.Misconfigured)]
    [InlineData(404, Verdict.Misconfigured)]
    [InlineData(301, Verdict.Misconfigured)]
    [InlineData(400, Verdict.Misconfigured)]
    [InlineData(408, Verdict.Later)]
    [InlineData(429, Verdict.Later)]
    [InlineData(500, Verdict.Later)]
    [InlineData(503, Verdict.Later)]
    [InlineData(504, Verdict.Later)]
    [InlineData(413, Verdict.Refused)]
    public async Task Each_status_has_its_verdict(int status, object verdict)
    {
        using SumoDestination sumo = Destination();
        _sumo.Next.Enqueue(HttpPeer.Answer(status, retryAfter: "7"));
        Answer answer = await sumo.SendAsync([Some.Alert()], CancellationToken.None);
        Assert.Equal(verdict, answer.Verdict);
        Assert.Equal(answer.Verdict == Verdict.Later ? TimeSpan.FromSeconds(7) : TimeSpan.Zero, answer.After);
    }

    [Fact]
    public async Task The_address_is_in_no_message()
    {
        using SumoDestination sumo = Destination();
        _sumo.Next.Enqueue(HttpPeer.Reset);
        Answer reset = await sumo.SendAsync([Some.Alert()], CancellationToken.None);
        await _sumo.DisposeAsync();
        Answer refused = await sumo.SendAsync([Some.Alert()], CancellationToken.None);
        await File.WriteAllTextAsync(_directory.File("url"), "http://collectors.example/hush");
        Answer clear = await sumo.SendAsync([Some.Alert()], CancellationToken.None);
        Assert.Equal((Verdict.Later, Verdict.Later, Verdict.Misconfigured), (reset.Verdict, refused.Verdict, clear.Verdict));
        Assert.DoesNotContain("hush", $"{reset} {refused} {clear} {sumo.Name}", StringComparison.Ordinal);
    }

    private SumoDestination Destination() =>
        new(SecretFile.Open(_directory.File("url"), NullLogger.Instance), "endpoint/process", tls: null, TimeProvider.System);

    private async Task CollectAsync(HttpContext http)
    {
        if (http.Request.Path != Path)
        {
            await HttpPeer.Answer(401)(http);
            return;
        }

        Assert.Equal("gzip", http.Request.Headers.ContentEncoding);
        _category = http.Request.Headers["X-Sumo-Category"];
        await using var gzip = new GZipStream(http.Request.Body, CompressionMode.Decompress);
        using var lines = new StreamReader(gzip);
        while (await lines.ReadLineAsync() is string line)
        {
            _lines.Add(line);
        }
    }
}
