using System.Buffers;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Tallyman.Agent.Tests.Redaction;
using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>Secrets in command lines that really run, looked for in everything that the built programs say, send and store.</summary>
public sealed class CanaryEndToEndTests : IDisposable
{
    /// <summary>Import paths, by which a binary of any name is one of the tools: reason enough for an alert.</summary>
    private static readonly Dictionary<string, string> Packages = new()
    {
        ["docker"] = "github.com/docker/cli/cmd/docker",
        ["kubectl"] = "k8s.io/kubernetes/cmd/kubectl",
        ["podman"] = "github.com/containers/podman/v5/cmd/podman",
        ["nerdctl"] = "github.com/containerd/nerdctl/v2/cmd/nerdctl",
        ["crictl"] = "sigs.k8s.io/cri-tools/cmd/crictl",
        ["ctr"] = "github.com/containerd/containerd/v2/cmd/ctr",
    };

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [KernelFact]
    public void No_canary_is_in_what_is_printed_logged_sent_stored_or_exported()
    {
        Dictionary<string, string> programs = Packages.ToDictionary(static each => each.Key, each => Go.WriteProgram(_directory.File("renamed-" + each.Key), each.Value));
        programs["curl"] = _directory.File("curl"); // which is known by its name
        File.Copy("/bin/true", programs["curl"]);
        string data = _directory.File("data");
        using var tap = new Tap();
        using RunningAgent running = RunningAgent.Start(new RunningAgentOptions(data) { Way = tap.To });
        foreach (Canary canary in Canaries.All)
        {
            using Process process = Process.Start(programs[canary.Words[0]], canary.Words[1..]);
            process.WaitForExit();
        }

        Assert.Equal(0, running.Stop());
        Dictionary<string, byte[]> sinks = new()
        {
            ["standard output"] = Encoding.UTF8.GetBytes(string.Join('\n', running.Alerts().Select(static alert => alert.GetRawText()))),
            ["gRPC"] = tap.Heard,
            ["export"] = Export(data, "json"),
            ["export for people"] = Export(data, "text"),
            ["store"] = [.. Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories).Order().SelectMany(static file => ReadShared(file))],
        };
        Assert.Equal(Canaries.All.Count, running.Alerts().Count(alert => alert.GetProperty("redacted").GetBoolean() && alert.GetProperty("proc").GetString()!.StartsWith(_directory.Path, StringComparison.Ordinal)));
        Assert.All(sinks, static sink => Assert.True(sink.Value.AsSpan().IndexOf("[redacted:"u8) >= 0, $"nothing is in {sink.Key}"));
        sinks["messages"] = Encoding.UTF8.GetBytes(running.Messages);
        Assert.Contains("redacted_values ", running.Messages, StringComparison.Ordinal);
        var traces = SearchValues.Create([.. Canaries.All.SelectMany(static canary => Canaries.Traces(canary.Secret)).Select(Encoding.Latin1.GetString)], StringComparison.Ordinal);
        Assert.All(sinks, sink =>
        {
            string text = Encoding.Latin1.GetString(sink.Value);
            int found = text.AsSpan().IndexOfAny(traces);
            Assert.True(found < 0, $"a canary is in {sink.Key}: {(found < 0 ? "" : text.Substring(found, Math.Min(40, text.Length - found)))}");
        });
    }

    [KernelFact]
    public void A_secret_has_the_same_mark_after_a_restart_and_in_the_answers_for_people()
    {
        string docker = _directory.File("docker");
        File.Copy("/bin/true", docker);
        string[] marks = [MarkOf("first"), MarkOf("second")];

        Assert.Single(marks.Distinct());
        Programs.Outcome shown = Programs.Run(Programs.Agent, "redact", "--state", _directory.File("data/agent"), "docker", "login", "-p", "hunter2");
        Assert.Contains(marks[0], shown.Output, StringComparison.Ordinal);

        string MarkOf(string run)
        {
            using RunningAgent running = RunningAgent.Start(_directory.File("data"));
            Programs.Run(docker, "run", "--privileged", "-e", "PASSWORD=hunter2", run);
            JsonElement alert = running.AlertWith(run);
            Assert.Equal(0, running.Stop());
            return alert.GetProperty("argv")[4].GetString()!["PASSWORD=".Length..];
        }
    }

    private static byte[] Export(string data, string format)
    {
        Programs.Outcome export = Programs.Run(Programs.Collector, "export", "--data", data, "--format", format);
        Assert.True(export.ExitCode == 0, export.Error);
        return Encoding.UTF8.GetBytes(export.Output);
    }

    private static byte[] ReadShared(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[stream.Length];
        stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return bytes;
    }
}
