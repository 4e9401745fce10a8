using System.Globalization;
using System.Text;
using System.Text.Json;
using Tallyman.Agent.Actors;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.Model;
using Tallyman.Agent.Status;
using Tallyman.Rendering;
using Xunit;

namespace Tallyman.Agent.Tests.Actors;

/// <summary>Whatever /proc, the host's files and cgroups contain, there is an answer, and it is harmless to show.</summary>
public sealed class TotalityTests : IDisposable
{
    private const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private static readonly string[] Texts =
    [
        "4200 (bash) S 900 4200 4200 34816 0 0 0 0 0 0 0 0 0 0 20 0 1 0 90 1 2 3\n",
        "Name:\tbash\nUid:\t1000\t1000\t1000\t1000\n",
        "SSH_CONNECTION=192.0.2.3 50000 192.0.2.9 22\0SUDO_USER=ann\0",
        "root:x:0:0:::\nann:x:1000:1000:::\n",
        "UID=1000\nUSER=ann\nREMOTE_HOST=192.0.2.1\nSERVICE=sshd\n",
        "/user.slice/user-1000.slice/user@1000.service/app.slice/app-a\\x2db.scope",
        $"/kubepods.slice/kubepods-pod6b8a1f0e_13c5_4d0e_9a57_0d5d2f1c9b11.slice/cri-containerd-{Id}.scope",
        $"/docker/{Id}",
    ];

    private readonly FakeHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Whatever_is_read_there_is_an_answer()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        string[] files = ["/etc/passwd", "/run/utmp", "/run/systemd/sessions/7"];
        _host.Process(4200, 900, 90, "/usr/bin/bash", 1000);
        _host.Process(900, 1, 80, "/usr/sbin/sshd");
        for (int round = 0; round < 500; round++)
        {
            foreach (uint pid in (uint[])[4200, 900])
            {
                foreach (string file in (string[])["stat", "status", "environ"])
                {
                    if (random.Next(4) == 0)
                    {
                        File.WriteAllBytes(_host.ProcFile(pid, file), Bytes(random));
                    }
                }
            }

            _host.Write(files[random.Next(files.Length)], random.Next(4) == 0 ? Record(random) : Bytes(random));
            ExecEvent exec = Some.Exec("docker", "run", "--privileged", "alpine") with
            {
                Cgroup = new HostText(Bytes(random)),
                Session = random.Next(2) == 0 ? 7u : null,
                Environment = Agent.Sources.WatchedVariables.In(Bytes(random)),
            };
            try
            {
                Actor actor = await new ActorReader(_host.Proc, new Counters(), TimeProvider.System).ReadAsync(exec);
                Assert.InRange(actor.Ancestry.Length, 0, 16);
                AssertHarmless(exec, actor);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"seed {seed}, round {round}"), e);
            }
        }
    }

    private static void AssertHarmless(ExecEvent exec, Actor actor)
    {
        var alert = new Alert("id", exec, new Invocation(Tool.Docker, "container run"), new Verdict([], 0, default, "")) { Actor = actor };
        V1.Alert message = V1.Alert.Parser.ParseFrom(Google.Protobuf.MessageExtensions.ToByteArray(AlertMessage.Of(alert, Some.Host, Some.Redactor.Redact(exec))));
        string json = AlertJson.Write(message);
        Assert.True(SafeText.IsSafe(json), json);
        JsonDocument.Parse(json).Dispose();
        Assert.All(AlertText.Write(message, colour: false).Split('\n'), static line => Assert.True(SafeText.IsSafe(line), line));
    }

    /// <summary>Noise, or a text of those that are expected with some of its bytes changed, taken away or written twice.</summary>
    private static byte[] Bytes(Random random)
    {
        if (random.Next(4) == 0)
        {
            byte[] noise = new byte[random.Next(2000)];
            random.NextBytes(noise);
            return noise;
        }

        List<byte> text = [.. Encoding.UTF8.GetBytes(Texts[random.Next(Texts.Length)])];
        for (int changes = random.Next(6); changes > 0 && text.Count > 1; changes--)
        {
            int at = random.Next(text.Count);
            switch (random.Next(4))
            {
                case 0:
                    text[at] = (byte)random.Next(256);
                    break;
                case 1:
                    text.RemoveAt(at);
                    break;
                case 2:
                    text.RemoveRange(at, text.Count - at);
                    break;
                default:
                    text.InsertRange(at, [.. text.Skip(random.Next(text.Count)).Take(50)]);
                    break;
            }
        }

        return [.. text];
    }

    private static byte[] Record(Random random)
    {
        byte[] record = UtmpTests.Record(7, 4200, "pts/0", "ann", "192.0.2.2");
        record[random.Next(record.Length)] = (byte)random.Next(256);
        random.NextBytes(record.AsSpan(44, 32));
        return record;
    }
}
