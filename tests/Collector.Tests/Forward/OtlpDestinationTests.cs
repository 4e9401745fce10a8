using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Tallyman.Collector.Forward;
using Tallyman.Collector.Otlp;
using Tallyman.Collector.Tests.Export;
using Tallyman.Grpc;
using Xunit;
using Process = System.Diagnostics.Process;

namespace Tallyman.Collector.Tests.Forward;

/// <summary>Against a LogsService made with @grpc/grpc-js and the official definitions, neither of which is ours.</summary>
public sealed class OtlpDestinationTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private Process? _server;

    public void Dispose()
    {
        _server?.Kill();
        _server?.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Log_records_arrive_as_they_are_exported()
    {
        await File.WriteAllTextAsync(_directory.File("token"), "hush");
        using var otlp = new OtlpDestination(Start(), SecretFile.Open(_directory.File("token"), NullLogger.Instance), tls: null, TimeProvider.System);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(Answer.Taken, await otlp.SendAsync([Some.Alert("a"), Some.BareAlert("b")], CancellationToken.None));
            JsonNode got = JsonNode.Parse((await _server!.StandardOutput.ReadLineAsync())!)!;
            Assert.Equal("Bearer hush", (string?)got["authorization"]);
            JsonNode ours = JsonNode.Parse(OtlpJson.Write(OtlpLogs.Of([Some.Alert("a"), Some.BareAlert("b")])))!;
            Assert.True(JsonNode.DeepEquals(ours, got["request"]), $"{ours}\n{got["request"]}");
        }
    }

    [Fact]
    public async Task Its_answers_are_understood()
    {
        using var otlp = new OtlpDestination(Start("partial:1", "14:17", "8:33", "8", "16", "7", "3", "13", "12"), token: null, tls: null, TimeProvider.System);
        var answers = new List<(Verdict, double, long)>();
        for (int i = 0; i < 10; i++)
        {
            Answer answer = await otlp.SendAsync([Some.Alert("a"), Some.Alert("b")], CancellationToken.None);
            answers.Add((answer.Verdict, answer.After.TotalSeconds, answer.Rejected));
        }

        Assert.Equal(
            [
                (Verdict.Taken, 0, 1), (Verdict.Later, 17, 0), (Verdict.Later, 33, 0), (Verdict.Later, 0, 0), (Verdict.Misconfigured, 0, 0),
                (Verdict.Misconfigured, 0, 0), (Verdict.Refused, 0, 0), (Verdict.Later, 0, 0), (Verdict.Misconfigured, 0, 0), (Verdict.Taken, 0, 0),
            ],
            answers);
    }

    [Fact]
    public async Task Where_nobody_listens_it_is_tried_again_later()
    {
        using var otlp = new OtlpDestination(CollectorProcess.FreeAddress("http"), token: null, tls: null, TimeProvider.System);
        Assert.Equal(Verdict.Later, (await otlp.SendAsync([Some.Alert()], CancellationToken.None)).Verdict);
    }

    [Theory]
    [InlineData("grpc: received message larger than max (5000000 vs. 4194304)")]
    [InlineData("Received message larger than max (5000000 vs 4194304)")]
    [InlineData("Received message exceeds the maximum configured message size.")]
    public void What_is_too_large_for_it_is_its_own_fault(string message) =>
        Assert.Equal(Verdict.Refused, OtlpDestination.AnswerOf(new GrpcStatus(StatusCode.ResourceExhausted, message), partial: null).Verdict);

    [Fact]
    public void Details_that_are_none_are_no_pause()
    {
        int seed = Faults.Seed;
        var random = new Random(seed);
        for (int i = 0; i < 2000; i++)
        {
            byte[] details = new byte[random.Next(60)];
            random.NextBytes(details);
            TimeSpan after = OtlpDestination.AnswerOf(new GrpcStatus(StatusCode.Unavailable) { Details = details }, partial: null).After;
            Assert.True(after >= TimeSpan.Zero && after <= TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1), $"seed {seed}, {i}");
        }
    }

    private Uri Start(params string[] answers)
    {
        _server = Process.Start(new ProcessStartInfo("node", [Repository.Path("tests/interop/otlp.js"), "serve", .. answers]) { RedirectStandardOutput = true })!;
        return new Uri($"http://127.0.0.1:{_server.StandardOutput.ReadLine()}");
    }
}
