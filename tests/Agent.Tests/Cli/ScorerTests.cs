using System.Text.Json;
using Tallyman.Agent.Cli;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Tallyman.Rendering;
using Xunit;

namespace Tallyman.Agent.Tests.Cli;

public sealed class ScorerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public ScorerTests() => File.WriteAllText(_directory.File("pod.yaml"), "{\"kind\":\"Pod\",\"spec\":{\"hostPID\":true}}");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Manifests_are_read_where_the_command_line_would_run()
    {
        JsonElement answer = Answer("default", "kubectl", "apply", "-f", "pod.yaml", "-f", "-");
        Assert.Contains("HOST_PID", answer.GetProperty("suspicious_flags").EnumerateArray().Select(static each => each.GetString()));
        JsonElement[] manifests = [.. answer.GetProperty("manifests").EnumerateArray()];
        Assert.Equal(["pod.yaml", "-"], manifests.Select(static each => each.GetProperty("name").GetString()));
        Assert.Equal("stdin", manifests[1].GetProperty("unread").GetString());
        Assert.False(manifests[1].TryGetProperty("sha256", out _));
    }

    [Fact]
    public void The_published_detections_read_none()
    {
        JsonElement answer = Answer("published", "kubectl", "apply", "-f", "pod.yaml");
        Assert.Empty(answer.GetProperty("suspicious_flags").EnumerateArray());
        Assert.False(answer.TryGetProperty("manifests", out _));
    }

    [Fact]
    public void The_body_of_a_request_to_an_engine_is_a_manifest()
    {
        File.WriteAllText(_directory.File("body.json"), """{"Image":"evil","HostConfig":{"Privileged":true,"Binds":["/:/h"]}}""");
        JsonElement answer = Answer("default", "curl", "-XPOST", "--unix-socket", "/var/run/docker.sock", "-d", "@body.json", "http://x/containers/create");

        Assert.Equal(["PRIVILEGED", "HOST_MOUNT", "SOCKET_API"], answer.GetProperty("suspicious_flags").EnumerateArray().Select(static each => each.GetString()));
        Assert.Equal("evil", answer.GetProperty("image").GetString());
        Assert.Contains(
            "body.json#1 HostConfig.Privileged",
            answer.GetProperty("indicators").EnumerateArray().Select(static each => each.GetProperty("evidence").GetString()));
    }

    private JsonElement Answer(string profile, params string[] argv) =>
        JsonDocument.Parse(AlertJson.Write(Scorer.Answer(RuleSet.Shipped(profile), Argv.Of(argv), _directory.Path, executable: null))).RootElement;
}
