using Tallyman.Agent.Alerts;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.History;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Tallyman.Rendering;
using Xunit;

namespace Tallyman.Agent.Tests.History;

public class AlertHistoryTests
{
    private static readonly RuleSet Rules = RuleSet.Shipped("default");
    private static readonly string[] Usual = ["docker", "run", "--privileged", "-v", "/etc:/x", "registry.example:5000/build:7"];

    [Fact]
    public void The_first_of_its_kind_is_new_and_the_next_ones_are_counted()
    {
        var history = new AlertHistory(1024 * 1024);
        V1.Alert first = Add(history, AlertOf(Usual, Some.Time));
        Add(history, AlertOf(Usual, Some.Time.AddHours(1)));
        V1.Alert third = Add(history, AlertOf(Usual, Some.Time.AddHours(2)));

        Assert.Equal((1ul, Some.Time), (first.Seen.Times, first.Seen.Since.ToDateTimeOffset()));
        Assert.Equal((3ul, Some.Time), (third.Seen.Times, third.Seen.Since.ToDateTimeOffset()));
        Assert.Contains("\"first_seen\":true,\"times_seen\":1,\"seen_since\":\"2026-11-22T08:00:00.000000Z\"", AlertJson.Write(first), StringComparison.Ordinal);
        Assert.Contains("\"first_seen\":false,\"times_seen\":3,", AlertJson.Write(third), StringComparison.Ordinal);
        Assert.Contains("the first of its kind", AlertText.Write(first, colour: false), StringComparison.Ordinal);
        Assert.Contains("seen 3 times since 2026-11-22 08:00:00Z", AlertText.Write(third, colour: false), StringComparison.Ordinal);
    }

    public static TheoryData<string, string[], Func<ExecEvent, ExecEvent>, Func<Actor, Actor>> Alike => new()
    {
        { "another tag", ["docker", "run", "--privileged", "-v", "/etc:/x", "registry.example:5000/build@sha256:00"], Same, Same },
        { "another spelling", ["docker", "container", "run", "--volume=/etc:/y", "--privileged=true", "registry.example:5000/build"], Same, Same },
        { "another session", Usual, static exec => exec with { Session = 8, Pid = 77, Tty = HostText.Of("pts9") }, static actor => actor with { Unit = new SystemdUnit("session-8.scope", "", "user-1000.slice") } },
    };

    [Theory]
    [MemberData(nameof(Alike))]
    public void What_means_the_same_is_of_the_same_kind(string what, string[] argv, Func<ExecEvent, ExecEvent> exec, Func<Actor, Actor> actor) =>
        Assert.True(TimesOf(argv, exec, actor) == 2, what);

    public static TheoryData<string, string[], Func<ExecEvent, ExecEvent>, Func<Actor, Actor>> Others => new()
    {
        { "another tool", ["podman", .. Usual[1..]], Same, Same },
        { "another command", ["docker", "create", .. Usual[2..]], Same, Same },
        { "another image", [.. Usual[..^1], "registry.example:5000/other"], Same, Same },
        { "another mount", ["docker", "run", "--privileged", "-v", "/:/x", Usual[^1]], Same, Same },
        { "one reason more", ["docker", "run", "--privileged", "--pid=host", "-v", "/etc:/x", Usual[^1]], Same, Same },
        { "another user", Usual, static exec => exec with { Uid = 5 }, Same },
        { "another login", Usual, static exec => exec with { LoginUid = 1001 }, Same },
        { "a service", Usual, static exec => exec with { LoginUid = null }, static actor => actor with { Unit = new SystemdUnit("ci.service", "", "system.slice") } },
        { "a pod", Usual, Same, static actor => actor with { Pod = new Pod("7b1c", "Burstable") { Namespace = "ci", Name = "runner-x2x7k" } } },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public void What_is_another_actor_or_target_is_new(string what, string[] argv, Func<ExecEvent, ExecEvent> exec, Func<Actor, Actor> actor) =>
        Assert.True(TimesOf(argv, exec, actor) == 1, what);

    [Theory]
    [InlineData("web-7c5ddbdf54-x2x7k", "web")]
    [InlineData("node-agent-x2x7k", "node-agent")]
    [InlineData("backup-29384756-x2x7k", "backup")]
    [InlineData("db-0", "db-0")]
    [InlineData("web-proxy", "web-proxy")] // vowels are in no such ending
    [InlineData("-x2x7k", "-x2x7k")]
    public void What_makes_a_pod_is_in_its_name(string pod, string workload) => Assert.Equal(workload, StableNames.WorkloadOf(pod));

    [Fact]
    public void When_there_is_no_room_what_was_seen_the_longest_ago_is_forgotten_and_counted()
    {
        var history = new AlertHistory(64 * 1024);
        for (int i = 0; i < 1000; i++)
        {
            Add(history, AlertOf(["docker", "run", "--privileged", $"image{i}"], Some.Time));
            Assert.Equal((ulong)i + 1, Add(history, AlertOf(Usual, Some.Time)).Seen.Times);
        }

        Assert.InRange(history.Count, 10, 200);
        Assert.Equal(1001ul, history.Forgotten + (ulong)history.Count);
        Assert.Equal(1ul, Add(history, AlertOf(["docker", "run", "--privileged", "image0"], Some.Time)).Seen.Times);
    }

    [Fact]
    public void It_outlives_the_agent_and_goes_on_in_the_same_order()
    {
        using var directory = new TemporaryDirectory();
        var before = new AlertHistory(1024 * 1024);
        Add(before, AlertOf(Usual, Some.Time));
        Add(before, AlertOf(["docker", "run", "--privileged", "alpine"], Some.Time));
        Add(before, AlertOf(Usual, Some.Time.AddDays(1)), "expected");
        HistoryFile.Save(directory.Path, before.Write().Bytes);

        IReadOnlyList<V1.Pattern> kept = HistoryFile.Load(directory.Path, 1024 * 1024, out string? failure);
        Assert.Null(failure);
        Assert.Equal([("", 1ul), ("expected", 2ul)], kept.Select(static pattern => (pattern.Exception, pattern.Times)));
        V1.Alert example = V1.Alert.Parser.ParseFrom(kept[1].Example);
        Assert.Equal(("container run", "ann", 0), (example.CommandLine.Command, example.Process.LoginUser, example.CommandLine.Argv.Count));

        var after = new AlertHistory(1024 * 1024);
        after.Load(kept);
        Assert.Equal(before.Write().Bytes, after.Write().Bytes);
        Assert.Equal((3ul, Some.Time), (Add(after, AlertOf(Usual, Some.Time)).Seen.Times, Some.Time));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(directory.Path, HistoryFile.FileName)));
    }

    [Fact]
    public void Whatever_lies_in_its_place_is_as_good_as_none()
    {
        using var directory = new TemporaryDirectory();
        string path = Path.Combine(directory.Path, HistoryFile.FileName);
        Assert.Empty(HistoryFile.Load(directory.Path, 1024, out string? failure));
        Assert.Equal("there is none yet", failure);
        const int Seed = 7;
        var random = new Random(Seed);
        var good = new AlertHistory(1024 * 1024);
        Add(good, AlertOf(Usual, Some.Time));
        for (int i = 0; i < 500; i++)
        {
            byte[] bytes = good.Write().Bytes;
            bytes[random.Next(bytes.Length)] ^= (byte)random.Next(1, 256);
            File.WriteAllBytes(path, i % 2 == 0 ? bytes : bytes[..random.Next(bytes.Length)]);
            var history = new AlertHistory(1024 * 1024);
            history.Load(HistoryFile.Load(directory.Path, 1024 * 1024, out _));
            Assert.True(history.Count <= 1, $"seed {Seed}, round {i}");
        }

        File.WriteAllBytes(path, new byte[1025]);
        Assert.Empty(HistoryFile.Load(directory.Path, 1024, out failure));
        Assert.EndsWith("has 1025 bytes, which is more than 1024", failure, StringComparison.Ordinal);
        File.Delete(path);
        Directory.CreateDirectory(path);
        Assert.Empty(HistoryFile.Load(directory.Path, 1024, out failure));
        Assert.NotNull(failure);
    }

    [Fact]
    public void What_runs_since_it_was_counted_is_not_counted_again_after_a_restart()
    {
        var history = new AlertHistory(1024 * 1024);
        Add(history, AlertOf(Usual, Some.Time));
        V1.Alert again = AlertOf(Usual, Some.Time);
        again.Process.SeenAtStart = true;
        Assert.Equal(1ul, Add(history, again).Seen.Times);
    }

    private static T Same<T>(T value) => value;

    /// <summary>How often it was seen, after the usual one.</summary>
    private static ulong TimesOf(string[] argv, Func<ExecEvent, ExecEvent> exec, Func<Actor, Actor> actor)
    {
        var history = new AlertHistory(1024 * 1024);
        Add(history, AlertOf(Usual, Some.Time));
        return Add(history, AlertOf(exec(Some.Exec(argv)), actor(Some.Actor))).Seen.Times;
    }

    private static V1.Alert Add(AlertHistory history, V1.Alert alert, string exception = "")
    {
        history.Add(alert, exception);
        return alert;
    }

    private static V1.Alert AlertOf(string[] argv, DateTimeOffset time) => AlertOf(Some.Exec(argv) with { Time = time }, Some.Actor);

    private static V1.Alert AlertOf(ExecEvent exec, Actor actor)
    {
        Invocation invocation = CommandLineReader.Read(exec);
        return AlertMessage.Of(new Alert("ID", exec, invocation, Rules.Judge(invocation)) { Actor = actor }, Some.Host, Some.Redactor.Redact(exec));
    }
}
