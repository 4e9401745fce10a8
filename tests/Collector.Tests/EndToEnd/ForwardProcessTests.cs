using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tallyman.Collector.Ingest;
using Tallyman.Collector.Store;
using Tallyman.Collector.Store.Sqlite;
using Tallyman.Collector.Tests.Export;
using Tallyman.Collector.Tests.Forward;
using Xunit;
using static Tallyman.Collector.Tests.Messages;
using Process = System.Diagnostics.Process;

namespace Tallyman.Collector.Tests.EndToEnd;

/// <summary>The program as it is installed: trimmed, in a process of its own.</summary>
public sealed class ForwardProcessTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<string> _got = [];
    private readonly Random _random = new(Faults.Seed);
    private readonly string[] _ids = [.. Enumerable.Range(0, 1500).Select(static i => $"x{i:0000}")];
    private HttpPeer _splunk = null!;
    private int _requests;

    public async Task InitializeAsync()
    {
        _splunk = await HttpPeer.StartAsync(CollectAsync);
        await File.WriteAllTextAsync(_directory.File("token"), "hush");
        await using SqliteStore store = SqliteStore.Open(_directory.Path, TimeProvider.System, TimeSpan.FromDays(3650));
        var stream = new StreamPlace("a", 1, (await store.ClaimAsync([new Claim("a", 1)]))[0].Generation);
        ulong next = 1;
        foreach (string[] ids in _ids.Chunk(500))
        {
            await store.StoreAsync([BatchReader.Read(stream, Batch(next, [.. ids.Select(static id => new V1.Record { Alert = Some.Alert(id).Alert })]).Batch, next, [])]);
            next += (ulong)ids.Length;
        }

        await store.StoreAsync([BatchReader.Read(stream, Batch(next, Gap()).Batch, next, [])]);
        await store.SaveFindingsAsync([Some.Finding]);
    }

    public async Task DisposeAsync() => await _splunk.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_forwarder_that_is_killed_at_any_moment_forwards_everything_and_ends_when_it_is_told_to()
    {
        int kills = 0;
        while (Count() < _ids.Length)
        {
            using Process forwarder = Start();
            int before = Requests();
            int enough = 1 + _random.Next(3);
            while (Requests() < before + enough && Count() < _ids.Length)
            {
                Assert.False(forwarder.HasExited);
                await Task.Delay(1);
            }

            forwarder.Kill();
            await forwarder.WaitForExitAsync();
            Assert.True(++kills < 1000, $"seed {Faults.Seed}");
        }

        Assert.Equal(_ids, Got().Distinct());
        using Process last = Start();
        while (!Forwarded().Contains("\"waiting\":0", StringComparison.Ordinal))
        {
            await Task.Delay(10);
        }

        Programs.Run("kill", last.Id.ToString(CultureInfo.InvariantCulture));
        await last.WaitForExitAsync();
        Assert.Equal(0, last.ExitCode);
        Assert.Contains("\"forwarded\":1500,\"refused\":0,\"missed\":0", Forwarded(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("alerts", "json", 1500)]
    [InlineData("alerts", "csv", 1501)]
    [InlineData("alerts", "ecs", 1500)]
    [InlineData("alerts", "ocsf", 1500)]
    [InlineData("alerts", "otlp", 15)]
    [InlineData("gaps", "json", 1)]
    [InlineData("gaps", "ecs", 1)]
    [InlineData("findings", "otlp", 1)]
    public void It_exports_each_format(string what, string format, int lines)
    {
        Programs.Outcome outcome = Programs.Run(Programs.Collector, "export", what, "--data", _directory.Path, "--format", format);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        string[] all = outcome.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(lines, all.Length);
        Assert.All(all, line => Assert.Equal(format == "csv", line.EndsWith('\r')));
        if (format != "csv")
        {
            Assert.All(all, static line => JsonDocument.Parse(line));
        }
    }

    private Process Start() => Process.Start(new ProcessStartInfo(
        Programs.Collector,
        ["forward", "--to", "splunk", "--url", _splunk.Address.ToString(), "--token-file", _directory.File("token"), "--data", _directory.Path]))!;

    private string Forwarded() => Programs.Run(Programs.Collector, "export", "forwarders", "--data", _directory.Path).Output;

    private async Task CollectAsync(HttpContext http)
    {
        using var body = new StreamReader(http.Request.Body);
        string[] events = (await body.ReadToEndAsync()).Split('\n');
        lock (_got)
        {
            _requests++;
            if (_random.Next(4) == 0)
            {
                http.Response.StatusCode = 503;
                return;
            }

            _got.AddRange(events.Select(static each => JsonDocument.Parse(each).RootElement.GetProperty("event").GetProperty("id").GetString()!));
        }

        await HttpPeer.Answer(200, """{"text":"Success","code":0}""")(http);
    }

    private int Requests()
    {
        lock (_got)
        {
            return _requests;
        }
    }

    private List<string> Got()
    {
        lock (_got)
        {
            return [.. _got];
        }
    }

    private int Count() => Got().Distinct().Count();
}
