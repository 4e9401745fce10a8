using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Tallyman.Agent.Model;
using Tallyman.Agent.Sources.Auditd;
using Tallyman.Rendering;
using Xunit;

namespace Tallyman.Agent.Tests.Sources.Auditd;

/// <summary>Logs that auditd 3.0.9 wrote on Linux 6.18, in tests/audit/.</summary>
public class AuditSamplesTests
{
    [Fact]
    public void Everything_that_was_executed_is_read_as_it_was()
    {
        AuditRun run = AuditRun.OfFiles("enriched.log.gz");

        AuditExec[] crafted = [.. run.Seen.Where(static exec => exec.Event.Uid == 4242 && exec.Event.Comm != HostText.Of("genexec"))];
        List<byte[][]> expected = Executed();
        Assert.Equal(expected.Count, crafted.Length);
        Assert.All(expected.Zip(crafted), static pair => Assert.Equal(pair.First, AuditRun.Arguments(pair.Second.Argv)));
        Assert.All(crafted, static exec => Assert.Equal((0L, (uint)exec.Argv.Count, 4242u, 4242u, 4242u, null, null), (exec.Event.MissingBytes, exec.Event.Argc, exec.Event.Uid, exec.Event.Euid, exec.Event.Gid, exec.Event.LoginUid, exec.Event.Session)));
        Assert.All(crafted, static exec => Assert.Equal("/srv/captest/work", exec.Event.Directory.ToString()));

        AuditExec byDescriptor = crafted[^3];
        Assert.Equal("/dev/fd/3", byDescriptor.Event.FileName.ToString());
        AuditExec inMemory = crafted[^2];
        Assert.Equal(("/proc/self/fd/3", "/memfd:evil docker", true), (inMemory.Event.FileName.ToString(), inMemory.Event.Executable.ToString(), inMemory.Event.Links == 0));
        AuditExec script = crafted[^1];
        Assert.Equal((true, "./my script.sh"), (script.IsScript, script.Event.FileName.ToString()));
        Assert.DoesNotContain(crafted[..^1], static exec => exec.IsScript);
        Assert.Empty(run.Missing);
    }

    [Fact]
    public void What_a_kernel_lost_is_missing_and_said()
    {
        AuditRun run = AuditRun.OfFiles("lossy.log.gz");

        AuditExec[] bySequence = [.. run.Seen.Where(static exec => exec.Argv.Count > 2 && exec.Argv[2].StartsWith("seq-"u8))];
        Assert.Equal(48, bySequence.Count(static exec => exec.Event.MissingBytes == 0));
        Assert.Equal("seq-000011", Encoding.UTF8.GetString(Assert.Single(bySequence, static exec => exec.Event.MissingBytes > 0).Argv[2]));
        Assert.Equal("audit_partial 2", run.Missing);
        Assert.All(run.Seen, static exec => Assert.Equal("node-a", exec.Event.Audit!.Node));
    }

    [Fact]
    public void Events_that_go_over_the_end_of_a_file_are_whole()
    {
        AuditRun run = AuditRun.OfFiles("audit.log.2.gz", "audit.log.1.gz", "audit.log.gz");

        Assert.All(run.Seen, static exec => Assert.Equal(0, exec.Event.MissingBytes));
        Assert.Equal("audit_partial 1", run.Missing);
        Assert.Contains(AuditRun.OfFiles("audit.log.2.gz").Seen, static exec => exec.Event.MissingBytes > 0);
        Assert.NotEqual(0u, AuditRun.OfFiles("audit.log.1.gz").Counters[Agent.Status.Counter.LostAuditHeadless]);
    }

    [Theory]
    [InlineData("enriched.txt", "enriched.log.gz")]
    [InlineData("lossy.txt", "lossy.log.gz")]
    [InlineData("rotated.txt", "audit.log.2.gz", "audit.log.1.gz", "audit.log.gz")]
    public void Samples_are_read_as_ever(string golden, params string[] files)
    {
        AuditRun run = AuditRun.OfFiles(files);
        var text = new StringBuilder();
        foreach (AuditExec exec in run.Seen)
        {
            text.Append(CultureInfo.InvariantCulture, $"{exec.Time:HH:mm:ss.fff}:{exec.Serial} node={exec.Event.Audit!.Node} pid={exec.Event.Pid}/{exec.Event.ParentPid} ids={exec.Event.Uid},{exec.Event.Euid},{exec.Event.Gid},{exec.Event.LoginUid},{exec.Event.Session},{exec.Event.Tty} ");
            text.Append(CultureInfo.InvariantCulture, $"comm={exec.Event.Comm} exe={exec.Event.Executable} file={exec.Event.FileName} cwd={exec.Event.Directory} inode={exec.File?.Device}/{exec.File?.Inode} script={exec.IsScript} deleted={exec.Event.Links == 0}\n ");
            text.Append(CultureInfo.InvariantCulture, $" argc={exec.Event.Argc} missing={exec.Event.MissingBytes}");
            foreach (byte[] argument in AuditRun.Arguments(exec.Argv).Take(20))
            {
                text.Append(' ').Append(argument.Length < 100 ? SafeText.Quote(argument) : $"{argument.Length}:{Convert.ToHexStringLower(SHA256.HashData(argument))[..12]}");
            }

            text.Append('\n');
        }

        Golden.Check("audit/" + golden, text.Append(run.Missing).Append('\n').ToString());
    }

    /// <summary>What the program did that was watched when the sample was made.</summary>
    private static List<byte[][]> Executed()
    {
        var executed = new List<byte[][]>();
        void Add(params string[] argv) => executed.Add([.. argv.Select(Encoding.Latin1.GetBytes)]);

        Add("docker", "run", "--privileged", "-v", "/:/host", "alpine", "sh", "-c", "echo hi && id");
        Add("docker", "run", "-e", "PASSWORD=hunter2", "--name", "q\"uote", "img\ttab", "nl\nline", "esc\x1b[31mred", "caf\u00c3\u00a9", "bad\u00ff\u00fe", "sep\x1dgs");
        Add("docker", "", "x", "");
        Add("kubectl", "apply", "-f", "pod.yaml");
        Add("kubectl", "key=fake", "type=EXECVE", "msg=audit(1.0:1):", "a0=x", "DEADBEEF", "(null)", "?", "\\x41");
        foreach (int size in (int[])[7000, 7300, 7400, 7490, 7498, 7499, 7500, 7501, 8000, 15000, 20000, 131071])
        {
            Add("docker", $"size-{size}", new string('A', size), "tail");
        }

        Add("docker", "spacebig", new string(' ', 5000), "tail");
        Add(["docker", "many", .. Enumerable.Range(2, 498).Select(static i => $"arg-number-{i}-abcdefghijk")]);
        Add("kubectl", "ordinary-then-big", new string('b', 3000), new string('c', 3000), new string('d', 3000), "end");
        Add("");
        Add("docker", "viaexecveat");
        Add("docker", "memfd");
        Add("/bin/sh", "-e", "./my script.sh", "arg one");
        return executed;
    }
}
