using System.Diagnostics;
using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>The built agent as people meet it: exit codes, what goes where, what it says when it cannot work.</summary>
public sealed class ProgramTests
{
    [Theory]
    [InlineData("", 64)]
    [InlineData("nosuchverb", 64)]
    [InlineData("run --prnt text", 64)]
    [InlineData("run --print loudly", 64)]
    [InlineData("run --collector nowhere", 64)]
    [InlineData("run --collector http://192.0.2.1:1", 64)]
    [InlineData("run --collector https://192.0.2.1:1", 64)]
    [InlineData("run --collector https://192.0.2.1:1 --tls-cert a --tls-key b", 64)]
    [InlineData("run --collector http://127.0.0.1:1 --tls-cert a --tls-key b --tls-ca c", 64)]
    [InlineData("score", 64)]
    [InlineData("score --profile strict docker ps", 64)]
    [InlineData("score --jsonl docker ps", 64)]
    [InlineData("run --spool-size 1MiB", 64)]
    [InlineData("run --spool-size lots", 64)]
    [InlineData("run --log loudly", 64)]
    [InlineData("run --listen 0.0.0.0:9760", 64)]
    [InlineData("run --listen nowhere", 64)]
    [InlineData("run --socket-group nosuchgroup", 64)]
    [InlineData("status --probe well", 64)]
    [InlineData("status --state /nowhere", 2)]
    [InlineData("status --probe live --state /nowhere", 2)]
    [InlineData("status --help", 0)]
    [InlineData("spool", 64)]
    [InlineData("spool drop", 64)]
    [InlineData("spool inspect --state /nowhere", 69)]
    [InlineData("spool verify --state /nowhere", 69)]
    [InlineData("spool export --state /nowhere", 69)]
    [InlineData("spool export --help", 0)]
    [InlineData("redact", 64)]
    [InlineData("redact docker login -p x --nosuchflag", 0)]
    [InlineData("redact --json --state /nowhere -- docker login -p x", 0)]
    [InlineData("--help", 0)]
    [InlineData("score --help", 0)]
    [InlineData("version", 0)]
    [InlineData("score docker ps --nosuchflag", 0)]
    public void It_ends_with_a_code_of_sysexits(string arguments, int code)
    {
        Programs.Outcome outcome = Programs.Run(Programs.Agent, arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(code, outcome.ExitCode);
        Assert.Equal(code == 0, outcome.Error.Length == 0);
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Bad_lines_end_with_65_and_are_named_behind_the_answers_to_good_ones()
    {
        Programs.Outcome outcome = Programs.Run(new ProcessStartInfo(Programs.Agent, ["score", "--jsonl"]), "[\"docker\",\"ps\"]\n[1]\n");

        Assert.Equal(65, outcome.ExitCode);
        Assert.Equal("tallyman: line 2: argument 0 must be a string, is a number\n", outcome.Error);
        Assert.StartsWith("{\"argv\":[\"docker\",\"ps\"]", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_that_has_seen_enough_is_no_failure()
    {
        Programs.Outcome outcome = Programs.Run("bash", "-c", $"yes '[\"docker\",\"ps\"]' 2> /dev/null | head -20000 | {Programs.Agent} score --jsonl | head -1; echo ${{PIPESTATUS[2]}}");
        Assert.EndsWith("\n0\n", outcome.Output, StringComparison.Ordinal);
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public void What_leaves_the_host_of_a_command_line_is_shown_with_the_rules()
    {
        using var directory = new TemporaryDirectory();
        Programs.Outcome outcome = Programs.Run(Programs.Agent, "redact", "--state", directory.Path, "docker", "login", "-p", "hunter2", "\x1b[2J");
        Assert.Matches(@"^docker login -p '(\[redacted:[0-9a-f]{12}\])' \$'\\x1b\[2J'\n  argv\[3\]  \1  --password\nNo key can be read in ", outcome.Output);
    }

    [KernelFact]
    public void A_key_of_redaction_that_others_may_read_is_refused()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory.File("redaction.key"), new byte[32]);
        File.SetUnixFileMode(directory.File("redaction.key"), (UnixFileMode)0b110_100_100);
        Refuses(78, "redaction.key must be a file that only its owner may read, is of mode 644: chmod 600 it", Programs.Agent, "run", "--state", directory.Path);
    }

    [KernelFact]
    public void Without_privileges_it_says_which_are_missing() =>
        Refuses(77, "eBPF needs the capabilities CAP_BPF and CAP_PERFMON, and lacks CAP_BPF and CAP_PERFMON: run as root or grant both", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", Programs.AgentForAll, "run", "--source", "ebpf");

    [KernelFact]
    public void With_one_of_two_capabilities_it_names_the_other() =>
        Refuses(77, "and lacks CAP_PERFMON: run", "setpriv", "--bounding-set=-sys_admin,-perfmon", Programs.Agent, "run", "--source", "ebpf");

    [KernelFact]
    public void Without_BTF_it_says_so() =>
        Refuses(69, "/sys/kernel/btf/vmlinux is missing: use a kernel with CONFIG_DEBUG_INFO_BTF=y", "unshare", "--mount", "sh", "-c", $"mount -t tmpfs none /sys/kernel/btf && exec {Programs.Agent} run --source ebpf");

    [KernelFact]
    public void On_a_kernel_that_is_too_old_it_says_so() =>
        Refuses(69, "eBPF needs Linux 5.8 or later, this is 4.19: use a later kernel", "unshare", "--mount", "sh", "-c", $"echo 4.19.0-27-amd64 > /tmp/release.$$ && mount --bind /tmp/release.$$ /proc/sys/kernel/osrelease && rm /tmp/release.$$ && exec {Programs.Agent} run --source ebpf");

    [KernelFact]
    public void Without_libbpf_it_says_what_to_install() =>
        Refuses(69, "libbpf.so.1 is not found: install it", "unshare", "--mount", "sh", "-c", $"for file in $(ldconfig -p | sed -n 's/.*libbpf.so.1 .*=> //p'); do mount --bind /dev/null $(readlink -f $file); done; exec {Programs.Agent} run --source ebpf");

    [KernelFact]
    public void Colour_is_for_terminals_whose_user_has_not_declined_it()
    {
        using var directory = new TemporaryDirectory();
        string docker = directory.File("docker");
        File.Copy("/bin/true", docker);

        Assert.Contains("\x1b[1;37;41mCRITICAL", Watch(""), StringComparison.Ordinal);
        Assert.DoesNotContain("\x1b[1;", Watch("NO_COLOR=1"), StringComparison.Ordinal);
        Assert.DoesNotContain("\x1b[1;", Watch("TERM=dumb"), StringComparison.Ordinal);

        // script(1) gives the agent a terminal.
        string Watch(string environment)
        {
            string typescript = directory.File("typescript");
            string messages = directory.File("messages");
            File.Delete(messages); // that of the agent before says that it watches, too
            string inside = $"{environment} {Programs.Agent} run --print text --state {directory.File("state")} 2> {messages} & agent=$!; "
                + $"until grep -q Watching {messages} || ! kill -0 $agent; do sleep 0.1; done; {docker} run --privileged -v /:/h x; "
                + $"until grep -q CRITICAL {typescript} || ! kill -0 $agent; do sleep 0.1; done; kill $agent; wait";
            Programs.Run("script", "--quiet", "--flush", "--command", inside, typescript);
            string text = File.ReadAllText(typescript);
            Assert.Contains("CRITICAL", text, StringComparison.Ordinal);
            return text;
        }
    }

    private static void Refuses(int code, string sentence, string program, params string[] arguments)
    {
        Programs.Outcome outcome = Programs.Run(program, arguments);

        Assert.Equal(code, outcome.ExitCode);
        Assert.StartsWith("tallyman: ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains(sentence, outcome.Error, StringComparison.Ordinal);
        Assert.Equal(1, outcome.Error.Count(static c => c == '\n'));
        Assert.Empty(outcome.Output);
    }
}
