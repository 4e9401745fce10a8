using System.Text;
using Tallyman.Agent.Sources.Auditd;
using Xunit;

namespace Tallyman.Agent.Tests.Sources.Auditd;

/// <summary>Logs as forwarders, copies, crashes and other kernels leave them.</summary>
public class AuditOddLogsTests
{
    [Fact]
    public void An_event_that_took_long_is_not_given_up_while_its_records_come()
    {
        List<string> slow = Written(["docker", "run", "--privileged"], serial: 1);
        List<string> quick = Written(["docker", "ps"], serial: 2, after: TimeSpan.FromSeconds(3));

        AuditRun run = Read([.. slow[..1], .. quick[..1], .. slow[1..3], .. quick[1..3], .. slow[3..], .. quick[3..]]);

        Assert.Equal(["docker run --privileged", "docker ps"], run.Seen.Select(static exec => exec.Argv.ToString()));
        Assert.Empty(run.Missing);
    }

    [Fact]
    public void An_event_that_took_long_may_have_those_of_other_hosts_between_its_records()
    {
        List<string> slow = Written(["docker", "run", "--privileged"], node: "one", serial: 1);
        List<string> quick = Written(["docker", "ps"], node: "one", serial: 2, after: TimeSpan.FromSeconds(3));
        List<string> other = Written(["docker", "version"], node: "two", serial: 1, after: TimeSpan.FromSeconds(9));

        AuditRun run = Read([.. slow[..1], .. other[..1], .. quick[..1], .. slow[1..], .. quick[1..], .. other[1..]]);

        Assert.Equal(["docker run --privileged", "docker ps", "docker version"], run.Seen.Select(static exec => exec.Argv.ToString()));
        Assert.Empty(run.Missing);
    }

    [Theory]
    [InlineData(0, 3, 4, 5, 1, 1, 2, 6)]
    [InlineData(0, 1, 2, 3, 4, 4, 5, 6)]
    [InlineData(0, 3, 4, 5, 2, 2, 1, 6)]
    [InlineData(4, 4, 3, 2, 2, 1, 0, 5, 6)]
    public void A_record_that_came_twice_stands_for_no_other(params int[] order)
    {
        List<string> lines = Written(["docker", "run", "--privileged"]);
        string[] arguments = lines[1].Split(" a2=");
        lines[1] = arguments[0];
        lines.Insert(2, $"{lines[1].Split("argc")[0]} a2={arguments[1]}");

        AuditRun run = Read(order.Select(i => lines[i]));

        Assert.Equal(("docker run --privileged", 0L), (Assert.Single(run.Seen).Argv.ToString(), run.Seen[0].Event.MissingBytes));
        Assert.Empty(run.Missing);
    }

    [Theory]
    [InlineData(12)]
    [InlineData(6)]
    public void A_length_in_bytes_or_in_digits_ends_no_argument_early(int length)
    {
        List<string> lines = Written(["docker", "run", "x"]);
        lines.Add(lines[1].Split("argc")[0] + " a2[1]=696C6C"); // the length in bytes is that of the first piece in digits
        lines[1] = lines[1].Replace(" a2=\"x\"", $" a2_len={length} a2[0]=2D2D70", StringComparison.Ordinal);

        AuditRun run = Read([lines[0], lines[2], lines[3], lines[4], lines[1], lines[6], lines[5]]);

        Assert.Equal(("docker run --pill", 0L), (Assert.Single(run.Seen).Argv.ToString(), run.Seen[0].Event.MissingBytes));
        Assert.Empty(run.Missing);
    }

    [Fact]
    public void Some_records_of_an_event_may_lack_its_host()
    {
        for (int without = 0; without < 64; without++)
        {
            List<string> lines = Written(["docker", "run"], node: "one");
            AuditRun run = Read(lines.Select((line, i) => (without & (1 << i)) == 0 ? line : line["node=one ".Length..]));

            AuditExec exec = Assert.Single(run.Seen);
            Assert.Equal((without, (without & 31) == 31 ? "" : "one", "docker run", ""), (without, exec.Event.Audit!.Node, exec.Argv.ToString(), run.Missing));
        }
    }

    [Fact]
    public void What_lacks_its_host_and_is_of_no_interest_is_not_missed()
    {
        List<string> failed = [.. Written(["docker", "run"], node: "one").Select(static line => line.Replace("success=yes", "success=no", StringComparison.Ordinal))];

        AuditRun run = Read([failed[0], .. failed[1..].Select(static line => line["node=one ".Length..])]);

        Assert.Empty(run.Seen);
        Assert.Empty(run.Missing);
    }

    [Fact]
    public void What_may_be_of_two_hosts_is_of_neither()
    {
        List<string> one = Written(["docker", "one"], node: "one");
        List<string> two = Written(["docker", "two"], node: "two");

        AuditRun run = Read([one[0], two[0], one[1]["node=one ".Length..], .. one[2..], .. two[1..]]);

        Assert.Equal(["docker two", "docker one"], run.Seen.Select(static exec => exec.Argv.ToString())); // the latter is what its title says
        Assert.Equal([0L, 1L], run.Seen.Select(static exec => exec.Event.MissingBytes));
        Assert.Equal("audit_partial 1, lost_audit_headless 1", run.Missing);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Lines_may_end_as_on_Windows(bool isEnriched)
    {
        AuditRun run = Read(((string[])["----", .. Written(["docker", "run", "an image"], isEnriched: isEnriched), "time->Sun Nov 22 08:00:00 2026", ""]).Select(static line => line + "\r"));

        AuditExec exec = Assert.Single(run.Seen);
        Assert.Equal(("docker run an image", 0L, "/root"), (exec.Argv.ToString(), exec.Event.MissingBytes, exec.Event.Directory.ToString()));
        Assert.Empty(run.Missing);
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(70_000)]
    [InlineData(1_000_000)]
    public void A_record_behind_what_a_crash_left_empty_is_read(int empty)
    {
        List<string> lines = Written(["docker", "run"]);

        AuditRun run = Read([new string('\0', empty) + lines[0], .. lines[1..], new string('\0', 512)]);

        Assert.Equal("docker run", Assert.Single(run.Seen).Argv.ToString());
        Assert.Equal("lost_audit_malformed 1", run.Missing);
    }

    [Theory]
    [InlineData("success=yes exit=-2", 1, "")]
    [InlineData("success=no exit=0", 0, "")]
    [InlineData("exit=0", 1, "")]
    [InlineData("exit=-2", 0, "")]
    [InlineData("exit=-2 exit=0", 0, "")]
    [InlineData("success=? exit=-2", 0, "")]
    [InlineData("exit=?", 1, "audit_partial 1")]
    [InlineData("", 1, "audit_partial 1")]
    public void Whether_it_succeeded_is_said_by_what_is_there_and_in_doubt_it_did(string said, int seen, string missing)
    {
        AuditRun run = Read(Written(["docker", "run"]).Select(line => line.Replace("success=yes exit=0", said, StringComparison.Ordinal)));

        Assert.Equal((seen, missing), (run.Seen.Count, run.Missing));
    }

    [Fact]
    public void The_first_field_of_a_name_is_the_kernels()
    {
        AuditRun run = Read(Written(["docker", "run"]).Select(static line => line
            .Replace(" key=", " subj=x\" exe=\"/bin/true\" comm=\"true\" pid=1 success=no (enforce) key=", StringComparison.Ordinal)
            .Replace(" nametype=", " obj=x\" item=1 name=\"/bin/true\" inode=7 dev=00:01 nametype=", StringComparison.Ordinal)
            .Replace(" cwd=\"/root\"", " cwd=\"/root\" cwd=\"/\"", StringComparison.Ordinal)
            .Replace("argc=2", "argc=2 argc=3", StringComparison.Ordinal)));

        AuditExec exec = Assert.Single(run.Seen);
        Assert.Equal(
            ("/usr/bin/docker", "docker", 4242u, "/usr/bin/docker", new AuditFile(12542132, "fe:00"), "/root", 2u),
            (exec.Event.Executable.ToString(), exec.Event.Comm.ToString(), exec.Event.Pid, exec.Event.FileName.ToString(), exec.File, exec.Event.Directory.ToString(), exec.Event.Argc));
        Assert.Empty(run.Missing);
    }

    [Theory]
    [InlineData("/srv/docker /bin/sh", "/bin/sh /srv/docker run", 101)]
    [InlineData("/srv/docker /bin/sh", "/bin/sh -e /srv/docker run", 101)]
    [InlineData("/srv/docker /srv/two /bin/sh", "/bin/sh /srv/two /srv/docker run", 102)]
    [InlineData("/srv/docker /srv/two /bin/sh", "/bin/sh -e /srv/two -2 /srv/docker run", 102)]
    [InlineData("/srv/docker /srv/two /srv/3 /bin/sh", "/bin/sh /srv/3 /srv/3 /srv/two two /srv/docker", 103)]
    [InlineData("/srv/docker /srv/2 /srv/3 /srv/4 /srv/5 /bin/sh", "/bin/sh a /srv/5 b /srv/4 c /srv/3 d /srv/2 e /srv/docker f", 105)]
    [InlineData("/srv/docker /srv/two /bin/sh", "/bin/sh /srv/two -2 -3 /srv/docker run", null)]
    [InlineData("/srv/docker /srv/two /bin/sh", "/bin/sh /srv/docker", null)]
    [InlineData("/srv/docker /bin/sh", "/bin/sh", null)]
    public void A_script_may_be_run_by_another_script(string files, string argv, int? inode)
    {
        List<string> lines = Written(argv.Split(' '), executable: "/usr/bin/dash");
        string path = lines[3];
        string[] all = [.. files.Split(' '), "/lib64/ld-linux-x86-64.so.2"];
        lines.RemoveRange(3, 2);
        lines.InsertRange(3, all.Select((file, i) => path
            .Replace("item=0 name=\"/usr/bin/dash\"", $"item={i} name=\"{file}\"", StringComparison.Ordinal)
            .Replace("inode=12542132", $"inode={100 + i}", StringComparison.Ordinal)));
        lines[0] = lines[0].Replace("items=2", $"items={all.Length}", StringComparison.Ordinal).Replace("comm=\"dash\"", "comm=\"docker\"", StringComparison.Ordinal);

        AuditExec exec = Assert.Single(Read(lines).Seen);

        Assert.Equal((inode is not null, (ulong)(inode ?? 100)), (exec.IsScript, exec.File?.Inode));
        Assert.Equal(inode is null ? "docker" : null, exec.FindByName().Program?.Name);
    }

    private static List<string> Written(
        string[] argv, string node = "", ulong serial = 1, TimeSpan after = default, string executable = "/usr/bin/docker", bool isEnriched = false) =>
        [.. new AuditWriter(new Random(1)) { Node = node, IsEnriched = isEnriched }
            .Write(Some.Time + after, serial, [.. argv.Select(Encoding.Latin1.GetBytes)], executable).Select(Encoding.Latin1.GetString)];

    private static AuditRun Read(IEnumerable<string> lines) => AuditRun.Of(lines.Select(Encoding.Latin1.GetBytes));
}
