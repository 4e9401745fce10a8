using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>Who did it, of real processes.</summary>
public sealed class ActorTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private RunningAgent? _running;

    public void Dispose()
    {
        _running?.Dispose();
        _directory.Dispose();
    }

    [KernelFact]
    public void An_alert_tells_of_the_processes_above_the_execution_and_of_its_users()
    {
        string docker = _directory.File("docker");
        File.Copy("/bin/true", docker);
        _running = RunningAgent.Start(_directory.File("data"));

        // A shell that waits for its child, in a program that is called sshd.
        string sshd = _directory.File("sshd");
        File.Copy("/bin/sh", sshd);
        string inner = $"env -u SSH_CONNECTION {docker} run --privileged in-a-tree; read wait";
        using Process outer = Process.Start(new ProcessStartInfo(sshd, ["-c", $"sh -c '{inner}'; true"])
        {
            RedirectStandardInput = true,
            Environment = { ["SSH_CONNECTION"] = "192.0.2.7 50000 192.0.2.9 22" },
        })!;
        JsonElement alert = _running.AlertWith("in-a-tree");
        outer.StandardInput.Close();
        outer.WaitForExit();

        JsonElement[] ancestry = [.. alert.GetProperty("ancestry").EnumerateArray()];
        string shell = File.ResolveLinkTarget("/bin/sh", returnFinalTarget: true)?.Name ?? "sh";
        Assert.Equal(alert.GetProperty("ppid").GetInt32(), ancestry[0].GetProperty("pid").GetInt32());
        Assert.Equal([shell, "sshd"], ancestry[..2].Select(static each => Path.GetFileName(each.GetProperty("proc").GetString())));
        int own = Array.FindIndex(ancestry, static each => each.GetProperty("pid").GetInt32() == Environment.ProcessId);
        Assert.Equal((2, Environment.ProcessPath), (own, ancestry[own].GetProperty("proc").GetString()));
        Assert.Equal(1, ancestry[^1].GetProperty("pid").GetInt32());
        Assert.All(ancestry, static each => Assert.True(each.TryGetProperty("start", out _)));

        Assert.Equal(("root", "root"), (alert.GetProperty("user").GetString(), ancestry[0].GetProperty("user").GetString()));
        Assert.Equal("192.0.2.7", alert.GetProperty("login").GetProperty("address").GetString());
        Assert.Equal("environment", alert.GetProperty("login").GetProperty("from").GetString());
        Assert.False(alert.TryGetProperty("missing", out JsonElement missing) && missing.TryGetProperty("ancestry", out _));
    }
}
