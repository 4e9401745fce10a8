using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Tallyman.V1;
using Xunit;

namespace Tallyman.Collector.Tests.Grpc;

/// <summary>Our server against clients made with @grpc/grpc-js and with Python's grpcio, which are not ours.</summary>
public sealed class GrpcServerTests : IAsyncLifetime
{
    private CollectorFixture _collector = null!;

    public async Task InitializeAsync() => _collector = await CollectorFixture.StartAsync();

    public async Task DisposeAsync() => await _collector.DisposeAsync();

    [Fact]
    public async Task A_client_of_grpc_js_streams_and_is_answered()
    {
        JsonElement[] lines = GrpcJs("stream");

        Assert.Equal(1, lines[0].GetProperty("welcome").GetProperty("resume_seq").GetInt32());
        Assert.Equal(2, lines[1].GetProperty("nack").GetProperty("seq").GetInt32());
        Assert.Equal(3, lines[2].GetProperty("ack").GetProperty("upto_seq").GetInt32());
        Assert.Equal((0, ""), StatusOf(lines[3]));
        Assert.Equal(["first", "third"], (await _collector.StoredAsync()).Select(static stored => stored.Alert.Id).Order());
    }

    [Theory]
    [InlineData("no-hello", 3, "the first frame must be a Hello, is Batch")]
    [InlineData("hole", 9, "the batch must begin with record 1, or with a gap for what is missing, begins with 5")]
    [InlineData("nothing", 3, "the first frame must be a Hello, there is none")]
    [InlineData("unknown-method", 12, "no method /tallyman.v1.Ingest/Nothing")]
    [InlineData("too-big", 8, "a message may have 4194304 bytes, has 5000052")]
    public void A_client_of_grpc_js_learns_what_is_wrong(string scenario, int code, string details) =>
        Assert.Equal((code, details), StatusOf(GrpcJs(scenario)[^1]));

    [Fact]
    public void A_deadline_of_grpc_js_is_kept()
    {
        JsonElement[] lines = GrpcJs("deadline");
        Assert.Equal(4, StatusOf(lines[^1]).Code);
    }

    [Fact]
    public async Task A_client_of_the_C_core_streams_and_is_answered()
    {
        string[] lines = GrpcIo("stream");

        Assert.StartsWith("welcome { resume_seq: 1", lines[0], StringComparison.Ordinal);
        Assert.Equal("ack { upto_seq: 1 }", lines[1]);
        Assert.Equal("OK:", lines[2].Trim());
        Assert.Equal([0xff], Assert.Single((await _collector.StoredAsync())).Alert.CommandLine.Argv[1].ToByteArray());
    }

    [Theory]
    [InlineData("no-hello", "INVALID_ARGUMENT: the first frame must be a Hello, is Batch")]
    [InlineData("empty", "INVALID_ARGUMENT: the first frame must be a Hello, there is none")]
    public void A_client_of_the_C_core_learns_what_is_wrong(string scenario, string status) => Assert.Equal(status, GrpcIo(scenario)[^1]);

    [Theory]
    [InlineData("/tallyman.v1.Ingest/Stream", "application/json", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("/tallyman.v1.Ingest/Stream", "application/grpc-web", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("/", "text/html", HttpStatusCode.NotFound)]
    public async Task Who_does_not_speak_gRPC_is_told_so_in_HTTP(string path, string type, HttpStatusCode status)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_collector.Address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([]) { Headers = { ContentType = new MediaTypeHeaderValue(type) } },
        };
        using HttpResponseMessage response = await http.SendAsync(request);
        Assert.Equal(status, response.StatusCode);
    }

    private static (int Code, string Details) StatusOf(JsonElement line) =>
        (line.GetProperty("status").GetInt32(), line.GetProperty("details").GetString()!);

    private JsonElement[] GrpcJs(string scenario)
    {
        Programs.Outcome outcome = Programs.Run("node", Repository.Path("tests/interop/client.js"), _collector.Address.Authority, scenario);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        return [.. outcome.Output.TrimEnd('\n').Split('\n').Select(static line => JsonDocument.Parse(line).RootElement)];
    }

    private string[] GrpcIo(string scenario)
    {
        using var directory = new TemporaryDirectory();
        string descriptors = directory.File("descriptors");
        var files = new FileDescriptorSet();
        foreach (FileDescriptor file in new[] { TimestampReflection.Descriptor, AlertReflection.Descriptor, IngestReflection.Descriptor })
        {
            files.File.Add(FileDescriptorProto.Parser.ParseFrom(file.SerializedData));
        }

        File.WriteAllBytes(descriptors, Google.Protobuf.MessageExtensions.ToByteArray(files));
        Programs.Outcome outcome = Programs.Run("/usr/bin/python3", Repository.Path("tests/interop/client.py"), _collector.Address.Authority, descriptors, scenario);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        return outcome.Output.TrimEnd('\n').Split('\n');
    }
}
