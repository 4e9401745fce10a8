using System.Text.Json;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Tallyman.Rendering;
using Xunit;

namespace Tallyman.Agent.Tests.Proto.Rendering;

public class AlertRenderingTests
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly string[] Escape = ["docker", "run", "-it", "--privileged", "-v", "/:/host", "alpine", "chroot", "/host", "sh"];

    [Fact]
    public void An_alert_in_JSON() => Golden.Check("alert.json", Indent(AlertJson.Write(MessageOf(Some.Exec(Escape), Some.Actor), sequence: 17)));

    [Fact]
    public void An_alert_for_people() => Golden.Check("alert.txt", AlertText.Write(MessageOf(Some.Exec(Escape), Some.Actor), colour: false));

    [Fact]
    public void Colour_only_where_it_is_wanted()
    {
        V1.Alert alert = MessageOf(Some.Exec(Escape));
        Assert.DoesNotContain('\x1b', AlertText.Write(alert, colour: false));
        Assert.Contains("\x1b[1;37;41mCRITICAL\x1b[0m", AlertText.Write(alert, colour: true), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(SafeTextTests.Hostile), MemberType = typeof(SafeTextTests))]
    public void Hostile_strings_come_out_harmless_wherever_they_stand(string hostile)
    {
        ExecEvent exec = Some.Exec("docker", "run", "--privileged", "--name", hostile, "-v", "/etc:/" + hostile, hostile, hostile) with
        {
            Comm = HostText.Of(hostile),
            ParentComm = HostText.Of(hostile),
            Tty = HostText.Of(hostile),
            Directory = HostText.Of("/" + hostile),
            Executable = HostText.Of("/" + hostile),
            FileName = HostText.Of(hostile),
            Cgroup = HostText.Of(hostile),
        };
        var actor = new Actor
        {
            User = hostile,
            EffectiveUser = hostile,
            LoginUser = hostile,
            Login = new Login(hostile, hostile, hostile, hostile),
            Sudo = new SudoCaller(null, hostile, hostile),
            Ancestry = [new Ancestor(1, 0, HostText.Of(hostile), HostText.Of(hostile), 0) { User = hostile }],
            Container = new Container(hostile, hostile),
            Pod = new Pod(hostile, hostile) { Namespace = hostile, Name = hostile },
            Unit = new SystemdUnit(hostile, hostile, hostile),
            Missing = Actor.Unknown.Missing.Add(hostile, hostile),
        };
        V1.Alert alert = MessageOf(exec, actor);
        alert.Host.Name = hostile;

        Assert.All(AlertText.Write(alert, colour: false).Split('\n'), static line => Assert.True(SafeText.IsSafe(line), line));
        string json = AlertJson.Write(alert);
        Assert.True(SafeText.IsSafe(json), json);
        using JsonDocument document = JsonDocument.Parse(json);
        Assert.Equal(hostile, document.RootElement.GetProperty("argv")[4].GetString());
        Assert.Equal("/" + hostile, document.RootElement.GetProperty("cwd").GetString());
        Assert.Equal(hostile, document.RootElement.GetProperty("missing").GetProperty(hostile).GetString());
    }

    [Fact]
    public void Arguments_that_are_no_UTF8_are_escaped_and_whole_in_base64()
    {
        byte[] area = [.. "docker\0run\0--name\0"u8, 0xff, 0x00, .. "--privileged\0alpine\0"u8];
        V1.Alert alert = MessageOf(Some.Exec(Argv.FromArea(area)));

        using JsonDocument json = JsonDocument.Parse(AlertJson.Write(alert));
        Assert.Equal(@"\xff", json.RootElement.GetProperty("argv")[3].GetString());
        Assert.Equal("/w==", json.RootElement.GetProperty("argv_bytes").GetProperty("3").GetString());
        Assert.Single(json.RootElement.GetProperty("argv_bytes").EnumerateObject());
    }

    [Fact]
    public void What_is_not_known_is_left_out()
    {
        ExecEvent exec = Some.Exec(Escape) with { LoginUid = null, Session = null, Tty = default };
        using JsonDocument json = JsonDocument.Parse(AlertJson.Write(MessageOf(exec)));

        string[] absent =
        [
            "loginuid", "session", "tty", "container", "user", "error", "warnings", "argv_bytes", "argv_cut",
            "effective_user", "login_user", "login", "sudo", "ancestry", "container_runtime", "pod", "unit", "user_unit", "slice", "missing",
        ];
        Assert.All(absent, name =>
            Assert.False(json.RootElement.TryGetProperty(name, out _), name));
    }

    [Fact]
    public void A_command_line_of_none_of_the_tools_has_no_scores()
    {
        V1.Alert answer = AlertMessage.OfCommandLine(Some.Redactor.Redact(null, Argv.Of("ls", "-l")), null, null);
        Assert.Equal("""{"argv":["ls","-l"],"tool":null,"alert":false}""", AlertJson.Write(answer));
    }

    [Fact]
    public void What_only_the_process_itself_says_is_marked_for_people()
    {
        string Row(string from) => AlertText.Write(MessageOf(Some.Exec(Escape), new Actor { Login = new Login("", "", "192.0.2.7", from), Sudo = new SudoCaller(1000, null, from) }), colour: false);
        Assert.Contains("  sudo by 1000  ", Row("ancestry"), StringComparison.Ordinal);
        Assert.Contains("  sudo by 1000 as it says  ", Row("environment"), StringComparison.Ordinal);
        Assert.Contains("\n  from 192.0.2.7 as it says\n", Row("environment"), StringComparison.Ordinal);
    }

    private static V1.Alert MessageOf(ExecEvent exec, Actor? actor = null)
    {
        Invocation invocation = CommandLineReader.Read(exec);
        var alert = new Alert(AlertId.Of(Some.Host, exec), exec, invocation, RuleSet.Shipped("default").Judge(invocation)) { Actor = actor ?? Actor.Unknown };
        return AlertMessage.Of(alert, Some.Host, Some.Redactor.Redact(exec.Program, exec.Argv));
    }

    private static string Indent(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return JsonSerializer.Serialize(document, Indented) + "\n";
    }
}
