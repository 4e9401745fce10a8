using System.Text.Json;
using Tallyman.Agent.Tests.EndToEnd;
using Xunit;

namespace Tallyman.Agent.Tests.Packaging;

/// <summary>The units of packaging/systemd: well formed, hardened, and enough for the programs to work.</summary>
public sealed class UnitTests : IDisposable
{
    private const string Nobody = "65534";

    private readonly TemporaryDirectory _directory = new();

    public UnitTests() => File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_101_101);

    public void Dispose() => _directory.Dispose();

    [SystemdTheory]
    [InlineData("tallyman", 28)]
    [InlineData("tallyman-collector", 15)]
    public void Are_well_formed_and_expose_little(string name, int mostExposure)
    {
        string unit = new SystemdUnit(name).WriteFor("/bin/true", _directory.Path);
        Programs.Outcome verified = Programs.Run("systemd-analyze", "verify", unit);
        Assert.Equal((0, ""), (verified.ExitCode, verified.Output + verified.Error));

        Programs.Outcome exposure = Programs.Run("systemd-analyze", "security", "--offline=true", "--no-pager", $"--threshold={mostExposure}", unit);
        Assert.True(exposure.ExitCode == 0, exposure.Output.Split("→")[^1] + exposure.Error);
    }

    [SystemdTheory]
    [InlineData("CAP_BPF CAP_PERFMON CAP_SYS_PTRACE CAP_DAC_READ_SEARCH", true)]
    [InlineData("CAP_BPF CAP_PERFMON", false)]
    public void With_exactly_these_rights_the_agent_sees_alerts(string capabilities, bool seesOthers)
    {
        var unit = new SystemdUnit("tallyman");
        Assert.Equal("CAP_BPF CAP_PERFMON CAP_SYS_PTRACE CAP_DAC_READ_SEARCH", string.Join(' ', unit.Words("AmbientCapabilities")));
        Assert.Equal(unit.Words("AmbientCapabilities"), unit.Words("CapabilityBoundingSet"));
        string data = Directory.CreateDirectory(_directory.File("data"), (UnixFileMode)0b111_111_111).FullName;
        File.SetUnixFileMode(data, (UnixFileMode)0b111_111_111);
        string caps = "-all," + string.Join(',', capabilities.Split(' ').Select(static capability => "+" + capability["CAP_".Length..].ToLowerInvariant()));
        using RunningAgent running = RunningAgent.Start(new RunningAgentOptions(data)
        {
            Within =
            [
                "setpriv", $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", "--no-new-privs", $"--inh-caps={caps}", $"--ambient-caps={caps}", $"--bounding-set={caps}",
                Launch(), "seccomp", string.Join(',', unit.AllowedSystemCalls()),
            ],
            Program = Programs.AgentForAll,
        });

        string copy = _directory.File("updater");
        Go.WriteProgram(copy, "github.com/docker/cli/cmd/docker");
        File.SetUnixFileMode(copy, (UnixFileMode)0b111_000_000);
        string manifest = _directory.File("app.yaml");
        File.WriteAllText(manifest, "services: {a: {image: alpine, privileged: true}}");
        File.SetUnixFileMode(manifest, (UnixFileMode)0b110_000_000);
        string docker = _directory.File("docker");
        File.Copy("/bin/true", docker);
        Programs.Run(docker, "run", "--privileged", "plain");
        Programs.Run(docker, "compose", "-f", manifest, "up");
        Programs.Run(copy, "run", "--privileged", "renamed");

        JsonElement alert = running.AlertWith("plain");
        Assert.Equal(seesOthers, alert.TryGetProperty("ancestry", out JsonElement ancestry) && ancestry[0].TryGetProperty("proc", out _));
        if (seesOthers)
        {
            Assert.Contains(running.AlertWith(manifest).GetProperty("suspicious_flags").EnumerateArray(), static flag => flag.GetString() == "PRIVILEGED");
            Assert.Equal("content", running.AlertWith("renamed").GetProperty("identified_by").GetString());
        }

        Assert.Equal(0, running.Stop());
        running.AssertEverythingIsAccountedFor();
    }

    [SystemdFact]
    public void With_fewer_rights_check_says_what_is_lost()
    {
        const string Some = "-all,+bpf,+perfmon";
        Programs.Outcome outcome = Programs.Run(
            "setpriv", $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", $"--inh-caps={Some}", $"--ambient-caps={Some}", $"--bounding-set={Some}", Programs.AgentForAll, "check", "--state", _directory.Path);
        Assert.Contains("warn  capabilities   without CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH ", outcome.Output, StringComparison.Ordinal);
    }

    /// <summary>Where every user may run it.</summary>
    private string Launch()
    {
        string path = _directory.File("launch");
        File.Copy(Programs.Launch, path);
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        return path;
    }
}
