using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>"tallyman support-bundle" on this machine.</summary>
public sealed class SupportBundleTests : IDisposable
{
    private const string Canary = "cAnArY";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [KernelFact]
    public void It_tells_of_the_running_agent_and_no_secret()
    {
        string config = Write("tallyman.yaml", $$"""
            # password: {{Canary}}-comment
            collectors: ["https://ann:{{Canary}}-userinfo@a.example:7610"]
            redaction: {secret_names: [FROBNICATOR]}
            rules: {directory: {{_directory.Path}}/rules}
            tokens:
              - {{Canary}}-list
            """);
        Directory.CreateDirectory(_directory.File("rules"));
        Write("rules/site.yaml", $"profile: default\nrules: [] # FROBNICATOR={Canary}-rule and ghp_{Canary}0123456789abcdef");
        string journal = Write("journalctl", $"#!/bin/sh\necho \"tallyman[1]: FROBNICATOR={Canary}-site and https://ann:{Canary}-url@b.example\"; printf '\\033[2J'; echo '{Canary}' >/dev/null\n");
        File.SetUnixFileMode(journal, (UnixFileMode)0b111_101_101);
        Environment.SetEnvironmentVariable("SOME_PASSWORD", Canary + "-environment");
        using RunningAgent running = RunningAgent.Start(_directory.File("data"), "--secret-name", "FROBNICATOR");
        Environment.SetEnvironmentVariable("SOME_PASSWORD", null);
        string output = _directory.File("bundle.tar.gz");
        bool hasJournal = File.Exists("/usr/bin/journalctl");

        Programs.Outcome outcome = Programs.Run(
            "unshare", "--mount", "sh", "-c", (hasJournal ? "mount --bind $1 /usr/bin/journalctl && " : "") + "shift && SOME_PASSWORD=" + Canary + " exec \"$@\"", "sh", journal,
            Programs.Agent, "support-bundle", "--yes", "--config", config, "--state", running.State, "--output", output);

        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Empty(outcome.Error);
        Dictionary<string, string> files = Unpack(output);
        Assert.All(files, static file => Assert.DoesNotContain(Canary, file.Value, StringComparison.OrdinalIgnoreCase));
        Assert.All(files, static file => Assert.DoesNotContain('\x1b', file.Value));
        Assert.DoesNotContain(Canary, outcome.Output, StringComparison.OrdinalIgnoreCase);
        Assert.All(files.Keys, name => Assert.Contains(name == "contents.txt" ? "version.json" : name, outcome.Output, StringComparison.Ordinal));
        Assert.Equal(["contents.txt", "version.json", "check.txt", "status.json", "metrics.txt", "process.txt", "journal.txt", "spool.txt", "configuration.txt", $"files{config}", $"files{_directory.File("rules/site.yaml")}", "host.txt"], files.Keys);
        Assert.Equal(64, JsonDocument.Parse(files["version.json"]).RootElement.GetProperty("bpf_sha256").GetString()!.Length);
        Assert.Equal(running.Agent.Id, JsonDocument.Parse(files["status.json"]).RootElement.GetProperty("pid").GetInt32());
        Assert.Contains("tallyman_build_info{", files["metrics.txt"], StringComparison.Ordinal);
        Assert.Contains("CapEff: ", files["process.txt"], StringComparison.Ordinal);
        Assert.Contains("--secret-name FROBNICATOR", files["process.txt"], StringComparison.Ordinal);
        Assert.Contains("fail  configuration  ", files["check.txt"], StringComparison.Ordinal);
        Assert.Contains("there is no setting tokens", files["configuration.txt"], StringComparison.Ordinal);
        Assert.Contains("waiting     ", files["spool.txt"], StringComparison.Ordinal);
        Assert.Contains("https://ann:[redacted:", files[$"files{config}"], StringComparison.Ordinal);
        Assert.Contains("/sys/kernel/btf/vmlinux: ", files["host.txt"], StringComparison.Ordinal);
        Assert.Contains(hasJournal ? "tallyman[1]: FROBNICATOR=[redacted:" : "not there: ", files["journal.txt"], StringComparison.Ordinal);
    }

    [Fact]
    public void Where_no_agent_runs_each_part_says_so_and_the_others_are_there()
    {
        string output = _directory.File("bundle.tar.gz");

        Programs.Outcome outcome = Programs.Run(Programs.Agent, "support-bundle", "--yes", "--state", _directory.Path, "--config", "/nowhere/tallyman.yaml", "--output", output);

        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Dictionary<string, string> files = Unpack(output);
        Assert.Equal($"not there: no agent answers at {_directory.Path}/tallyman.sock: there is no such socket that this user can see\n", files["status.json"]);
        Assert.StartsWith("not there: ", files["files/nowhere/tallyman.yaml"], StringComparison.Ordinal);
        Assert.Contains("spool.db does not exist", files["spool.txt"], StringComparison.Ordinal);
        Assert.Contains("/etc/os-release:", files["host.txt"], StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_terminal_it_asks_nobody_and_writes_nothing_unless_told_to()
    {
        string output = _directory.File("bundle.tar.gz");

        Programs.Outcome outcome = Programs.Run(Programs.Agent, "support-bundle", "--output", output);
        Assert.Equal((64, ""), (outcome.ExitCode, outcome.Output));
        Assert.Equal("tallyman: nobody is here to ask: --yes writes the bundle without a question, --dry-run lists what would be in it\n", outcome.Error);

        outcome = Programs.Run(Programs.Agent, "support-bundle", "--output", output, "--dry-run");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.EndsWith("\nNothing is written.\n", outcome.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(output));
    }

    [Theory]
    [InlineData("y", true)]
    [InlineData("", false)]
    [InlineData("nonsense", false)]
    public void At_a_terminal_it_asks_behind_the_list(string answer, bool isWritten)
    {
        string output = _directory.File("bundle.tar.gz");

        Programs.Outcome outcome = Programs.Run(
            new ProcessStartInfo("script", ["--quiet", "--return", "--command", $"{Programs.Agent} support-bundle --state {_directory.Path} --output {output}", "/dev/null"]), answer + "\n");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Matches(@"(?s)host\.txt .*Left out: .*\? \[y/N\] ", outcome.Output);
        Assert.Equal(isWritten, File.Exists(output));
    }

    [Fact]
    public void What_is_there_already_stays()
    {
        string output = Write("bundle.tar.gz", "precious");

        Programs.Outcome outcome = Programs.Run(Programs.Agent, "support-bundle", "--yes", "--output", output);

        Assert.Equal((73, "", $"tallyman: {output} is there already: name another file with --output, or remove it\n"), (outcome.ExitCode, outcome.Output, outcome.Error));
        Assert.Equal("precious", File.ReadAllText(output));
    }

    private string Write(string name, string text)
    {
        string file = _directory.File(name);
        File.WriteAllText(file, text);
        return file;
    }

    /// <summary>In their order, without the directory that they are in.</summary>
    private static Dictionary<string, string> Unpack(string archive)
    {
        using var tar = new TarReader(new GZipStream(File.OpenRead(archive), CompressionMode.Decompress));
        var files = new Dictionary<string, string>();
        while (tar.GetNextEntry() is TarEntry entry)
        {
            files.Add(entry.Name[(entry.Name.IndexOf('/', StringComparison.Ordinal) + 1)..], entry.DataStream is null ? "" : new StreamReader(entry.DataStream).ReadToEnd());
        }

        return files;
    }
}
