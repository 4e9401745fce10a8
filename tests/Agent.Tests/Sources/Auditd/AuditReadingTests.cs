using System.Globalization;
using System.Text;
using Tallyman.Agent.Model;
using Tallyman.Agent.Sources.Auditd;
using Tallyman.Agent.Status;
using Tallyman.Agent.Tests.CommandLines.Generated;
using Xunit;

namespace Tallyman.Agent.Tests.Sources.Auditd;

public class AuditReadingTests
{
    [Fact]
    public void Any_arguments_come_back_as_they_were_written()
    {
        int seed = Setting.Seed;
        var random = new Random(seed);
        for (int i = 0; i < Setting.AuditVectors; i++)
        {
            var writer = new AuditWriter(random) { IsEnriched = random.Next(2) == 0, Node = random.Next(2) == 0 ? "" : "a-host" };
            List<byte[]> argv = writer.SomeArguments();
            List<byte[]> lines = writer.Write(Some.Time, (ulong)i, argv);
            byte[][] order = [.. lines];
            if (random.Next(3) == 0)
            {
                random.Shuffle(order);
            }

            AuditRun run = AuditRun.Of(order);

            Assert.True(run.Seen.Count == 1 && run.Missing.Length == 0, $"TALLYMAN_SEED={seed}, vector {i}: {run.Seen.Count} executions, {run.Missing}");
            AuditExec exec = run.Seen[0];
            Assert.True(argv.Count == exec.Argv.Count && argv.Zip(AuditRun.Arguments(exec.Argv)).All(static pair => pair.First.AsSpan().SequenceEqual(pair.Second)), $"TALLYMAN_SEED={seed}, vector {i}: other arguments");
            Assert.Equal(
                (0L, (uint)argv.Count, 4242u, 4200u, 1001u, 1003u, 1002u, 1000u, 7u, "pts0", "/usr/bin/docker", "/root"),
                (exec.Event.MissingBytes, exec.Event.Argc, exec.Event.Pid, exec.Event.ParentPid, exec.Event.Uid, exec.Event.Euid, exec.Event.Gid, exec.Event.LoginUid, exec.Event.Session, exec.Event.Tty.ToString(), exec.Event.Executable.ToString(), exec.Event.Directory.ToString()));
        }
    }

    [Fact]
    public void Events_may_be_interleaved()
    {
        int seed = Setting.Seed;
        var random = new Random(seed);
        var writer = new AuditWriter(random);
        List<byte[]>[] events = [.. Enumerable.Range(0, 200).Select(i => writer.Write(Some.Time, (ulong)i, Argv("docker", "run", $"event-{i}")))];
        var lines = new List<byte[]>();
        while (events.FirstOrDefault(static each => each.Count > 0) is not null)
        {
            List<byte[]>[] left = [.. events.Where(static each => each.Count > 0)];
            List<byte[]> chosen = left[random.Next(left.Length)];
            lines.Add(chosen[0]);
            chosen.RemoveAt(0);
        }

        AuditRun run = AuditRun.Of(lines);

        Assert.Empty(run.Missing);
        Assert.Equal(Enumerable.Range(0, 200).Select(static i => $"docker run event-{i}").Order(), run.Seen.Select(static exec => exec.Argv.ToString()).Order());
    }

    [Fact]
    public void Equal_times_and_serials_of_two_hosts_are_two_events()
    {
        List<byte[]> one = new AuditWriter(new Random(1)) { Node = "one" }.Write(Some.Time, 1, Argv("docker", "one"));
        List<byte[]> two = new AuditWriter(new Random(1)) { Node = "two" }.Write(Some.Time, 1, Argv("docker", "two"));

        AuditRun run = AuditRun.Of(one.Zip(two).SelectMany(static pair => (byte[][])[pair.First, pair.Second]));

        Assert.Equal(["one docker one", "two docker two"], run.Seen.Select(static exec => $"{exec.Event.Audit!.Node} {exec.Argv}"));
    }

    [Theory]
    [InlineData("c000003e", 59, "docker ps")]
    [InlineData("c000003e", 322, "docker ps")]
    [InlineData("c000003e", 1073742344, "docker ps")]
    [InlineData("40000003", 11, "docker ps")]
    [InlineData("40000003", 358, "docker ps")]
    [InlineData("c00000b7", 221, "docker ps")]
    [InlineData("c00000b7", 281, "docker ps")]
    [InlineData("40000028", 387, "docker ps")]
    [InlineData("c000003e", 11, null)]
    [InlineData("c000003e", 221, null)]
    [InlineData("40000003", 59, null)]
    [InlineData("c00000f3", 221, null)]
    [InlineData("c00000f3\" arch=\"c000003e", 59, null)]
    public void Executions_are_known_by_the_numbers_of_their_architecture(string architecture, int number, string? argv) =>
        Assert.Equal(argv, AuditRun.Of(Changed($"arch=c000003e syscall=59", $"arch={architecture} syscall={number}")).Seen.SingleOrDefault()?.Argv.ToString());

    [Fact]
    public void Other_architectures_are_known_where_auditd_says_the_name() =>
        Assert.Equal("docker ps", Assert.Single(AuditRun.Of(new AuditWriter(new Random(1)) { IsEnriched = true }.Write(Some.Time, 1, Argv("docker", "ps"))
            .Select(static line => Replace(line, "arch=c000003e syscall=59", "arch=c00000f3 syscall=221")).ToArray()).Seen).Argv.ToString());

    [Fact]
    public void What_auditd_adds_is_not_believed_to_be_the_kernels()
    {
        AuditExec exec = Assert.Single(AuditRun.Of(new AuditWriter(new Random(1)) { IsEnriched = true }.Write(Some.Time, 1, Argv("docker", "ps"))).Seen);
        Assert.Equal("/usr/bin/docker", exec.Event.Executable.ToString());
    }

    [Fact]
    public void An_execution_that_failed_is_none()
    {
        AuditRun run = AuditRun.Of(Changed("success=yes exit=0", "success=no exit=-2"));
        Assert.Empty(run.Seen);
        Assert.Empty(run.Missing);
    }

    [Fact]
    public void A_script_is_not_the_tool_whose_name_it_has()
    {
        List<byte[]> lines = new AuditWriter(new Random(1)).Write(Some.Time, 1, Argv("/bin/sh", "-e", "/srv/docker", "run"), "/usr/bin/dash");
        byte[][] script = [.. lines.Select(static line => Replace(Replace(Replace(line, "comm=\"dash\"", "comm=\"docker\""), "item=0 name=\"/usr/bin/dash\"", "item=0 name=\"/srv/docker\""), "/lib64/ld-linux-x86-64.so.2", "/bin/sh"))];
        AuditExec exec = Assert.Single(AuditRun.Of(script).Seen);
        Assert.True(exec.IsScript);
        Assert.Null(exec.FindByName().Program);
    }

    [Fact]
    public void Arguments_as_a_loaders_make_no_script_of_a_tool()
    {
        AuditExec exec = Assert.Single(AuditRun.Of(new AuditWriter(new Random(1)).Write(Some.Time, 1, Argv("/lib64/ld-linux-x86-64.so.2", "/usr/bin/docker", "run"))).Seen);
        Assert.Equal(("docker", IdentifiedBy.Name), (exec.FindByName().Program?.Name, exec.FindByName().By));
    }

    [Theory]
    [InlineData(" a1=\"run\"", "", "docker … --privileged", 1)]
    [InlineData(" a1=\"run\" a2=\"--privileged\"", "", "docker", 2)]
    [InlineData(" a1=\"run\"", " a1=run", "docker … --privileged", 1)]
    [InlineData(" a1=\"run\"", " a1=(null)", "docker … --privileged", 1)]
    [InlineData(" a1=\"run\"", " a1=72756", "docker … --privileged", 1)]
    [InlineData(" a1=\"run\"", " a1=720075", "docker … --privileged", 1)]
    [InlineData(" a1=\"run\"", " a1[1]=\"un\"", "docker …un --privileged", 1)]
    [InlineData(" a1=\"run\"", " a1[0]=\"r\" a1[2]=6e", "docker r…n --privileged", 1)]
    [InlineData(" a1=\"run\"", " a1[1]=6e a1[0]=\"ru\"", "docker run --privileged", 0)]
    [InlineData(" a1=\"run\"", " a1=\"run\" a1=\"run\"", "docker run --privileged", 0)]
    [InlineData(" a1=\"run\"", " a1_len=1 a1[0]=\"r\" a1[1]=756e", "docker run --privileged", 0)]
    [InlineData(" a1=\"run\"", " a1_len=3 a1[0]=72 a1[1]=756e", "docker run --privileged", 0)]
    [InlineData(" a1=\"run\"", " a1_len=6 a1[0]=72 a1[1]=756e", "docker run --privileged", 0)]
    [InlineData(" a1=\"run\"", " a1_len=6 a1[0]=7275", "docker ru… --privileged", 1)]
    [InlineData(" a1=\"run\"", " a1_len=3 a1[0]=7275", "docker ru… --privileged", 1)]
    [InlineData(" a1=\"run\"", " a1_len=9 a1[1]=756e", "docker …un --privileged", 1)]
    [InlineData(" a2=\"--privileged\"", " a2_len=12 a2[0]=\"--priv\"", "docker run --priv…", 1)]
    [InlineData(" a2=\"--privileged\"", " a2_len=24 a2[0]=2D2D a2[1]=4142434", "docker run --…", 1)]
    [InlineData(" a2=\"--privileged\"", " a2_len=12 a2[0]=\"--\" a2[1]=\"privileged", "docker run --…", 1)]
    [InlineData("argc=3", "argc=0", "docker run --privileged", 0)]
    [InlineData("argc=3", "argc=4", "docker run --privileged", 1)]
    public void Where_an_argument_is_missing_there_is_a_mark_and_it_is_said(string written, string read, string argv, long missing)
    {
        AuditRun run = AuditRun.Of(new AuditWriter(new Random(1)).Write(Some.Time, 1, Argv("docker", "run", "--privileged")).Select(line => Replace(line, written, read)).ToArray());
        AuditExec exec = Assert.Single(run.Seen);
        Assert.Equal((argv, missing), (exec.Argv.ToString(), exec.Event.MissingBytes));
    }

    [Fact]
    public void Without_arguments_there_is_what_the_title_says_and_it_is_said_to_be_cut()
    {
        AuditExec exec = Assert.Single(AuditRun.Of(new AuditWriter(new Random(1)).Write(Some.Time, 1, Argv("docker", "run", "--privileged")).Where(static line => !Contains(line, "type=EXECVE"))).Seen);
        Assert.Equal(("docker run --privileged", 1L), (exec.Argv.ToString(), exec.Event.MissingBytes));
    }

    [Fact]
    public void Arguments_of_nobody_are_counted()
    {
        AuditRun run = AuditRun.Of(new AuditWriter(new Random(1)).Write(Some.Time, 1, Argv("docker", "run")).Skip(1));
        Assert.Empty(run.Seen);
        Assert.Equal("lost_audit_headless 1", run.Missing);
    }

    [Fact]
    public void An_incomplete_event_is_given_up_after_two_seconds_of_the_log_or_some_of_the_clock()
    {
        byte[][] first = [.. new AuditWriter(new Random(1)).Write(Some.Time, 1, Argv("docker", "first")).Take(2)];
        var run = new AuditRun();
        run.Add(first);
        run.Add(new AuditWriter(new Random(1)).Write(Some.Time.AddSeconds(1), 2, Argv("docker", "second")));
        run.Add(new AuditWriter(new Random(1)).Write(Some.Time.AddSeconds(3), 3, Argv("docker", "third")));
        Assert.Equal(["docker second", "docker third"], run.Seen.Select(static exec => exec.Argv.ToString()));
        run.Add(new AuditWriter(new Random(1)).Write(Some.Time.AddMilliseconds(3001), 4, Argv("docker", "fourth")));
        Assert.Equal(["docker second", "docker third", "docker first", "docker fourth"], run.Seen.Select(static exec => exec.Argv.ToString()));

        run.Add(new AuditWriter(new Random(1)).Write(Some.Time.AddSeconds(4), 5, Argv("docker", "last")).Take(2));
        for (int i = 0; i < 10; i++)
        {
            run.Tick();
        }

        Assert.Equal("docker last", run.Seen[^1].Argv.ToString());
        Assert.Equal("audit_partial 2", run.Missing);
    }

    [Fact]
    public void A_clock_that_is_set_back_tears_nothing_apart()
    {
        var run = new AuditRun();
        for (int i = 0; i < 20; i++)
        {
            run.Add(new AuditWriter(new Random(1)).Write(Some.Time.AddHours(-i), (ulong)i, Argv("docker", "run")));
        }

        Assert.Equal(20, run.Seen.Count);
        Assert.Empty(run.Missing);
    }

    [Fact]
    public void After_a_line_that_is_too_long_the_next_is_read_again()
    {
        var run = new AuditRun();
        run.Feed(Encoding.Latin1.GetBytes("type=EXECVE " + new string('x', 3_000_000) + "\n"));
        run.Feed(Encoding.Latin1.GetBytes("type=EXECVE " + new string('x', AuditLines.Longest) + "\n"));
        run.Add(new AuditWriter(new Random(1)).Write(Some.Time, 1, Argv("docker", "run")));
        Assert.Single(run.Seen);
        Assert.Equal("lost_audit_too_long 2", run.Missing);
    }

    [Fact]
    public void What_ausearch_writes_between_events_is_no_mistake()
    {
        AuditRun run = AuditRun.Of(["----"u8.ToArray(), "time->Sun Nov 22 08:00:00 2026"u8.ToArray(), .. new AuditWriter(new Random(1)).Write(Some.Time, 1, Argv("docker", "run")).AsEnumerable().Reverse()]);
        Assert.Single(run.Seen);
        Assert.Empty(run.Missing);
    }

    [Fact]
    public void Mutated_lines_are_read_or_counted_and_do_not_pile_up()
    {
        int seed = Setting.Seed;
        var random = new Random(seed);
        var writer = new AuditWriter(random) { IsEnriched = true, Node = "node-a" };
        var run = new AuditRun();
        ulong malformed = 0;
        long highest = 0;
        for (int i = 0; i < Setting.AuditLines;)
        {
            List<byte[]> argv = writer.SomeArguments();
            foreach (byte[] line in writer.Write(Some.Time.AddMilliseconds(4 * (i / 5)), (ulong)random.Next(1, 1000), argv).Take(20))
            {
                byte[] mutated = Mutate(line, random);
                malformed += mutated.Length > 0 && mutated.Length <= AuditLines.Longest && !mutated.Contains((byte)'\n') && !AuditRecord.TryRead(mutated, out _) ? 1u : 0;
                run.Feed(mutated.Where(static b => b != '\n').ToArray());
                run.Feed("\n"u8);
                i++;
            }

            run.Seen.Clear();
            highest = i % 100 == 0 ? Math.Max(highest, GC.GetTotalMemory(false)) : highest;
        }

        run.Finish();
        Assert.True(run.Counters[Counter.LostAuditMalformed] >= malformed, $"TALLYMAN_SEED={seed}: {run.Counters[Counter.LostAuditMalformed]} counted of {malformed}");
        Assert.True(run.Counters[Counter.AuditExecutions] > 0, $"TALLYMAN_SEED={seed}: nothing was read");
        Assert.True(highest < 512 * 1024 * 1024, $"TALLYMAN_SEED={seed}: {highest} bytes of memory");
    }

    [Fact]
    public void Beginnings_without_ends_do_not_pile_up()
    {
        var run = new AuditRun();
        var writer = new AuditWriter(new Random(1));
        for (int i = 0; i < 3 * AuditAssembler.MostWaiting; i++)
        {
            run.Add(writer.Write(Some.Time, (ulong)i, Argv("docker", "run")).Take(1));
        }

        Assert.Equal(2 * AuditAssembler.MostWaiting, run.Seen.Count);
        run.Finish();
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"audit_partial {3 * AuditAssembler.MostWaiting}"), run.Missing);
    }

    private static byte[] Mutate(byte[] line, Random random)
    {
        var bytes = new List<byte>(line);
        for (int i = random.Next(4); i > 0 && bytes.Count > 0; i--)
        {
            int at = random.Next(2) == 0 ? random.Next(bytes.Count) : random.Next(Math.Min(80, bytes.Count));
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, random.Next(bytes.Count - at + 1));
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, random.Next(Math.Min(200, bytes.Count - at))));
                    break;
                case 3:
                    bytes.Insert(at, (byte)"\"=[] \0\x1d:()9"[random.Next(11)]);
                    break;
                default:
                    bytes.InsertRange(at, Encoding.Latin1.GetBytes(random.Next(2) == 0 ? "99999999999999999999" : " a4294967295[4294967295]=\""));
                    break;
            }
        }

        return [.. bytes];
    }

    private static byte[][] Changed(string from, string to) => [.. new AuditWriter(new Random(1)).Write(Some.Time, 1, Argv("docker", "ps")).Select(line => Replace(line, from, to))];

    private static byte[] Replace(byte[] line, string from, string to) => Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(line).Replace(from, to, StringComparison.Ordinal));

    private static bool Contains(byte[] line, string text) => Encoding.Latin1.GetString(line).Contains(text, StringComparison.Ordinal);

    private static byte[][] Argv(params string[] arguments) => [.. arguments.Select(Encoding.UTF8.GetBytes)];
}
