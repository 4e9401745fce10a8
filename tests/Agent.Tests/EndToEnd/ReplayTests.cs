using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Tallyman.Agent.Tests.Sources.Auditd;
using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>"tallyman replay" as it is used, by people and by scripts.</summary>
public sealed class ReplayTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Plain_files_packed_ones_and_standard_input_give_the_same()
    {
        string log = Write("audit.log", Lines(1, "docker", "run", "--privileged", "alpine"), Lines(2, "docker", "ps"));
        string packed = _directory.File("elsewhere.gz");
        File.WriteAllBytes(packed, Packed(File.ReadAllBytes(log)));

        Programs.Outcome plain = Replay("--json", log);
        JsonElement alert = JsonDocument.Parse(plain.Output).RootElement;
        Assert.Equal(("replay", "docker run --privileged alpine"), (alert.GetProperty("source").GetString(), alert.GetProperty("cmd").GetString()));
        Assert.Equal(1, plain.ExitCode);
        Assert.Equal("12 records, 2 executions, of tools 2: docker 2\n1 alerts: critical 0, high 1, medium 0\n", plain.Error);
        Assert.Equal(plain, Replay("--json", packed));
        Assert.Equal(plain, Programs.Run(new ProcessStartInfo(Programs.Agent, ["replay", "--json", "-"]), File.ReadAllText(log)));
    }

    [Fact]
    public void Rotated_files_are_read_from_the_oldest_on_whatever_their_order()
    {
        byte[][] cut = [.. Lines(1, "docker", "run", "--privileged", "over-the-edge")];
        string newest = Write("audit.log", cut[3..], Lines(2, "docker", "run", "--privileged", "last"));
        string older = Write("audit.log.1", cut[2..3]);
        string oldest = Write("audit.log.10", Lines(3, "docker", "run", "--privileged", "first"), cut[..2]);

        Programs.Outcome outcome = Replay("--json", newest, older, oldest);

        Assert.Equal(
            ["first", "over-the-edge", "last"],
            outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("argv")[3].GetString()));
        Assert.DoesNotContain("missing", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_missing_is_said_and_counts()
    {
        string log = Write("audit.log", Lines(1, "docker", "run", "--privileged", "x").Where(static line => !Encoding.Latin1.GetString(line).Contains("EXECVE", StringComparison.Ordinal)), ["no record"u8.ToArray()]);
        Programs.Outcome outcome = Replay(log);
        Assert.EndsWith("\nmissing: audit_partial 1, lost_audit_malformed 1\n", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("ARGS_TRUNCATED", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Scripts_can_tell_by_the_code()
    {
        string quiet = Write("quiet", Lines(1, "docker", "ps"));
        string loud = Write("loud", Lines(2, "docker", "run", "--privileged", "x"));
        string strange = Write("strange", ["hello"u8.ToArray()]);
        string damaged = _directory.File("damaged.gz");
        File.WriteAllBytes(damaged, [0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7]);

        Assert.Equal(0, Replay(quiet).ExitCode);
        Assert.Equal(1, Replay(quiet, loud).ExitCode);
        Assert.Equal(65, Replay(strange).ExitCode);
        Assert.Equal(69, Replay(_directory.File("nowhere"), loud).ExitCode);
        Assert.Equal(64, Replay("--root", _directory.File("nowhere"), loud).ExitCode);
        byte[] packed = File.ReadAllBytes(Repository.Path("tests/audit/enriched.log.gz"));
        string cut = _directory.File("cut.gz");
        File.WriteAllBytes(cut, packed[..^100]);
        Assert.Equal(65, Replay(cut).ExitCode);
        Programs.Outcome outcome = Replay(damaged, loud);
        Assert.Equal(65, outcome.ExitCode);
        Assert.Contains("docker run --privileged x", outcome.Output, StringComparison.Ordinal); // what can be read is told all the same
    }

    [Theory]
    [InlineData("\"$empty\"", 64, "tallyman: the name of a FILE must not be empty\n")]
    [InlineData("--foo $loud", 64, "tallyman: replay has no option --foo: tallyman replay --help tells what it has\n")]
    [InlineData("$loud --jsn", 64, "tallyman: replay has no option --jsn: did you mean --json?\n")]
    [InlineData("-- --foo", 69, "tallyman: --foo cannot be read: ")]
    [InlineData("--state \"$empty\" $loud", 64, "--state must name a file or a directory, and is empty\n")]
    [InlineData("--root \"$empty\" $loud", 64, "tallyman: --root must be a directory, is ''\n")]
    [InlineData("--root $loud $loud", 64, "tallyman: --root must be a directory, is ")]
    [InlineData("directory $loud", 64, "tallyman: directory is a directory: name the files in it, such as directory/audit.log*\n")]
    [InlineData("nowhere directory $loud", 69, "tallyman: nowhere cannot be read: ")] // the first that is wrong decides
    [InlineData("directory nowhere", 64, "tallyman: directory is a directory: ")]
    [InlineData("empty.file", 65, "tallyman: there is no audit record in it: ")]
    [InlineData("cut.gz $loud", 65, " bytes could be unpacked and are judged, what follows is not; copy it once more from its host\n")]
    [InlineData("header.gz $loud", 65, "tallyman: header.gz is damaged: 0 bytes could be unpacked")]
    [InlineData("sum.gz $loud", 65, "tallyman: sum.gz is damaged: ")]
    [InlineData("$loud $loud", 1, "loud is the same file as ")]
    [InlineData("$loud link", 1, "link is the same file as ")]
    [InlineData("$loud ./hard", 1, "hard is the same file as ")]
    [InlineData("/dev/null $loud", 1, "1 alerts: ")]
    [InlineData("- - < $loud", 1, "1 alerts: ")]
    [InlineData("- < packed", 1, "1 alerts: ")]
    [InlineData("<(cat packed)", 1, "1 alerts: ")]
    [InlineData("<(cat $loud)", 1, "1 alerts: ")]
    [InlineData("<(printf x)", 65, "tallyman: there is no audit record in it: ")]
    public void What_is_given_wrongly_is_said_and_has_a_code(string arguments, int code, string message)
    {
        byte[] loud = File.ReadAllBytes(Write("loud", Lines(2, "docker", "run", "--privileged", "x")));
        byte[] packed = Packed(loud);
        File.WriteAllBytes(_directory.File("packed"), packed);
        File.WriteAllBytes(_directory.File("header.gz"), packed[..5]);
        File.WriteAllBytes(_directory.File("sum.gz"), [.. packed[..^8], .. new byte[8]]);
        File.WriteAllBytes(_directory.File("empty.file"), []);
        byte[] noise = new byte[1000];
        new Random(1).NextBytes(noise);
        File.WriteAllBytes(_directory.File("cut.gz"), Packed(noise)[..^810]); // noise is stored as it is
        File.CreateSymbolicLink(_directory.File("link"), "loud");
        Programs.Run("ln", _directory.File("loud"), _directory.File("hard"));
        Directory.CreateDirectory(_directory.File("directory"));

        Programs.Outcome outcome = Programs.Run(new ProcessStartInfo("timeout", ["--signal=KILL", "60", "bash", "-c", $"{Programs.Agent} replay {arguments}"])
        {
            WorkingDirectory = _directory.Path,
            Environment = { ["empty"] = "", ["loud"] = "loud" },
        });

        Assert.True(code == outcome.ExitCode, $"{arguments} ended with {outcome.ExitCode}: {outcome.Error}");
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.True(code == 64 || !arguments.EndsWith("$loud", StringComparison.Ordinal) || outcome.Output.Contains("PRIVILEGED", StringComparison.Ordinal), "what can be read is not told");
    }

    [Fact]
    public void A_renamed_tool_that_was_deleted_is_found_too()
    {
        string log = Write("audit.log", new AuditWriter(new Random(1)).Write(Some.Time, 1, [.. new[] { "x", "run", "--privileged", "y" }.Select(Encoding.UTF8.GetBytes)], "/tmp/docker (deleted)"));
        Assert.Contains("PRIVILEGED", Replay(log).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Secrets_stay_out_of_it_as_when_it_runs()
    {
        Programs.Outcome outcome = Replay("--json", Write("audit.log", Lines(1, "docker", "run", "--privileged", "-e", "PASSWORD=hunter2", "x")));
        Assert.Contains("[redacted:", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", outcome.Output + outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_of_the_hosts_files_tells_programs_by_content_and_has_the_manifests()
    {
        string root = Directory.CreateDirectory(_directory.File("image")).FullName;
        Directory.CreateDirectory(root + "/opt");
        Directory.CreateDirectory(root + "/root");
        Go.WriteProgram(root + "/opt/innocent", "github.com/docker/cli/cmd/docker");
        File.WriteAllText(root + "/root/pod.yaml", "apiVersion: v1\nkind: Pod\nspec: {hostPID: true, containers: [{name: a, image: b}]}\n");
        string log = Write(
            "audit.log",
            new AuditWriter(new Random(1)).Write(Some.Time, 1, [.. new[] { "x", "run", "--privileged", "y" }.Select(Encoding.UTF8.GetBytes)], "/opt/innocent"),
            new AuditWriter(new Random(1)).Write(Some.Time, 2, [.. new[] { "kubectl", "apply", "--as-group=system:masters", "-f", "pod.yaml" }.Select(Encoding.UTF8.GetBytes)], "/usr/bin/kubectl"));

        string without = Replay(log).Output;
        string with = Replay("--root", root, log).Output;

        Assert.DoesNotContain("PRIVILEGED", without, StringComparison.Ordinal);
        Assert.DoesNotContain("HOST_PID", without, StringComparison.Ordinal);
        Assert.Contains("PRIVILEGED", with, StringComparison.Ordinal);
        Assert.Contains("RENAMED_CLI", with, StringComparison.Ordinal);
        Assert.Contains("HOST_PID", with, StringComparison.Ordinal);
        Assert.Contains("\"unread\":\"gone\"", Replay("--json", log).Output, StringComparison.Ordinal);
    }

    private static byte[] Packed(byte[] bytes)
    {
        var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Fastest))
        {
            stream.Write(bytes);
        }

        return packed.ToArray();
    }

    private static Programs.Outcome Replay(params string[] arguments) => Programs.Run(Programs.Agent, ["replay", .. arguments]);

    private static List<byte[]> Lines(int serial, params string[] argv) =>
        new AuditWriter(new Random(1)).Write(Some.Time, (ulong)serial, [.. argv.Select(Encoding.UTF8.GetBytes)]);

    private string Write(string name, params IEnumerable<byte[]>[] lines)
    {
        File.WriteAllBytes(_directory.File(name), [.. lines.SelectMany(static each => each).SelectMany(static line => line.Append((byte)'\n'))]);
        return _directory.File(name);
    }
}
