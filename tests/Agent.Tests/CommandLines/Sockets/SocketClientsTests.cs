using System.Text;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Xunit;

namespace Tallyman.Agent.Tests.CommandLines.Sockets;

/// <summary>Programs that speak to a runtime without its command line.</summary>
public class SocketClientsTests
{
    [Theory]
    // curl: every way to name the socket, and every place of a URL.
    [InlineData("curl --unix-socket /var/run/docker.sock http://localhost/containers/json", "/var/run/docker.sock@2 GET /containers/json")]
    [InlineData("curl --unix-socket=/run/docker.sock http:/v1.41/info", "/run/docker.sock@1 GET /v1.41/info")]
    [InlineData("curl --unix-s /run//./docker.sock x/y", "/run/docker.sock@2 GET /y")]
    [InlineData("curl x/y -so /dev/null --unix-socket /run/docker.sock", "/run/docker.sock@5 GET /y")]
    [InlineData("curl --abstract-unix-socket docker.sock x", "docker.sock@2 GET /")]
    [InlineData("curl --unix-socket ../run/docker.sock x", "../run/docker.sock@2 GET /")]
    [InlineData("curl --unix-socket /tmp/s http://x/v1.41/containers/create -XPOST", "/tmp/s@2 POST /v1.41/containers/create")]
    [InlineData("curl --uni /tmp/s http://x/images/json", "/tmp/s@2 GET /images/json")]
    [InlineData("curl http://10.0.0.1:2375/version", "10.0.0.1:2375@1 GET /version")]
    [InlineData("curl 10.0.0.1:2375", "10.0.0.1:2375@1 GET /")]
    [InlineData("curl -sk https://u:p@h:2376/v1.41/x?y#z", "h:2376@2 GET /v1.41/x?y")]
    [InlineData("curl --url http://[::1]:2375/x", "[::1]:2375@2 GET /x")]
    [InlineData("curl --connect-to ::h:2375 http://example.com/containers/json", "h:2375@2 GET /containers/json")]
    [InlineData("curl https://example.com --next --unix-socket /run/docker.sock x/y -: http://h:2375/z", "/run/docker.sock@4 GET /y, h:2375@7 GET /z")]
    [InlineData("curl http://h:2375/a http://h:2375/b", "h:2375@1 GET /a, h:2375@2 GET /b")]
    // … and the method.
    [InlineData("curl -sXPOST http://h:2375/x", "h:2375@2 POST /x")]
    [InlineData("curl --request DELETE http://h:2375/x", "h:2375@3 DELETE /x")]
    [InlineData("curl -d a http://h:2375/x", "h:2375@3 POST /x")]
    [InlineData("curl -d a -G http://h:2375/x", "h:2375@4 GET /x")]
    [InlineData("curl -I http://h:2375/x", "h:2375@2 HEAD /x")]
    [InlineData("curl -T f http://h:2375/x", "h:2375@3 PUT /x")]
    [InlineData("curl --request-target /v1.41/info http://h:2375/x", "h:2375@3 GET /v1.41/info")]
    // wget has ports alone.
    [InlineData("wget -qO- http://h:2375/containers/json", "h:2375@2 GET /containers/json")]
    [InlineData("wget --post-data={} http://h:2375/containers/create", "h:2375@2 POST /containers/create")]
    [InlineData("wget --method=delete h:2376/containers/x", "h:2376@2 DELETE /containers/x")]
    // socat
    [InlineData("socat - UNIX-CONNECT:/var/run/docker.sock", "/var/run/docker.sock@2")]
    [InlineData("socat -d -d -t 5 TCP4-LISTEN:8080,fork,reuseaddr unix:/run/podman/podman.sock,retry", "/run/podman/podman.sock@6")]
    [InlineData("socat STDIO ABSTRACT-CONNECT:docker.sock", "docker.sock@2")]
    [InlineData("socat STDIO /run/containerd/containerd.sock", "/run/containerd/containerd.sock@2")]
    [InlineData("socat STDIO GOPEN:\"/run/crio/crio.sock\"", "/run/crio/crio.sock@2")]
    [InlineData("socat UNIX-LISTEN:/tmp/docker.sock,fork TCP:10.0.0.1:2375", "/tmp/docker.sock@1, 10.0.0.1:2375@2")]
    [InlineData("socat - OPENSSL:h:2376,verify=0", "h:2376@2")]
    [InlineData("socat - TCP6:[::1]:2375", "[::1]:2375@2")]
    [InlineData("socat - SOCKS4:proxy:h:2375", "h:2375@2")]
    [InlineData("socat PIPE!!UNIX:/run/docker.sock -", "/run/docker.sock@1")]
    // nc
    [InlineData("nc -U /var/run/docker.sock", "/var/run/docker.sock@2")]
    [InlineData("nc -NU /run/buildkit/buildkitd.sock", "/run/buildkit/buildkitd.sock@2")]
    [InlineData("ncat --unixsock /run/docker.sock", "/run/docker.sock@2")]
    [InlineData("nc -w 3 10.0.0.1 2375", "10.0.0.1:2375@4")]
    [InlineData("netcat -vz h 2375-2376", "h:2375-2376@3")]
    [InlineData("nc.traditional h 80 2376", "h:2376@3")]
    // openssl
    [InlineData("openssl s_client -quiet -connect h:2376", "h:2376@4")]
    [InlineData("openssl s_client h:2376", "h:2376@2")]
    [InlineData("openssl s_client --host h -port=2376", "h:2376@4")]
    [InlineData("openssl s_client -unix /run/docker.sock", "/run/docker.sock@3")]
    // one-liners
    [InlineData("python3 -c 's.connect(\"/var/run/docker.sock\")'", "/var/run/docker.sock@2")]
    [InlineData("python3 -Ssc 's.connect(\"/var/run/docker.sock\")'", "/var/run/docker.sock@2")]
    [InlineData("python -W ignore -X dev -c 's.connect(\"/run/docker.sock\")'", "/run/docker.sock@6")]
    [InlineData("python3 '-cget(\"http+unix://%2Fvar%2Frun%2Fdocker.sock/info\")'", "/var/run/docker.sock@1")]
    [InlineData("python3 -c 'urlopen(\"http://10.0.0.1:2375/version\")'", "10.0.0.1:2375@2")]
    [InlineData("python3 -c 's.connect((\"h\",2375))'", ":2375@2")]
    [InlineData("perl -MIO::Socket -lne 'IO::Socket::INET->new(PeerAddr=>\"h\",PeerPort=>2375)'", ":2375@3")]
    [InlineData("perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(\"/run/docker.sock\")'", "/run/docker.sock@3")]
    [InlineData("perl -e 1 -E 'connect \"/run/docker.sock\"'", "/run/docker.sock@4")]
    [InlineData("ruby -rsocket -e 'UNIXSocket.new(\"/run/docker.sock\")'", "/run/docker.sock@3")]
    [InlineData("node -e 'require(\"http\").get({socketPath:\"/run/docker.sock\"})'", "/run/docker.sock@2")]
    [InlineData("node '--eval=require(\"net\").connect(2375,\"h\")'", ":2375@1")]
    [InlineData("php -r 'stream_socket_client(\"unix:///run/docker.sock\");'", "/run/docker.sock@2")]
    public void A_talk_with_a_runtime_is_found(string line, string found)
    {
        IEnumerable<string> talks = Read(line).Facts
            .Where(static fact => fact.Kind == FactKind.SocketApi)
            .Select(static fact => $"{fact.Value}@{fact.Arg} {fact.Evidence}".TrimEnd());
        Assert.Equal(found, string.Join(", ", talks));
        Assert.True(RuntimeSockets.MayBeIn(Encoding.UTF8.GetBytes(line)), "the quick look would have missed it");
    }

    [Theory]
    [InlineData("curl https://example.com")]
    [InlineData("curl https://example.com:2375x")]
    [InlineData("curl https://example.com:23750/")]
    [InlineData("curl https://example.com/?next=http://h:2375/")]
    [InlineData("curl https://example.com/x:2375/")]
    [InlineData("curl https://2375@example.com/")]
    [InlineData("curl -H 'x: /var/run/docker.sock' https://example.com")]
    [InlineData("curl -H http://h:2375/ https://example.com")]
    [InlineData("curl -e http://h:2375/ https://example.com")]
    [InlineData("curl --referer http://h:2375/ https://example.com")]
    [InlineData("curl -o /var/run/docker.sock https://example.com")]
    [InlineData("curl -d '{\"HostConfig\":{\"Privileged\":true,\"Binds\":[\"/var/run/docker.sock:/s\"]}}' https://example.com")]
    [InlineData("curl --unix-socket /run/docker.sock")]
    [InlineData("curl --unix-socket /run/snapd.socket http://localhost/v2/snaps")]
    [InlineData("curl --unix-socket /run/docker.sock.bak http://localhost/x")]
    [InlineData("curl --unix-socket")]
    [InlineData("wget http://example.com/docker.sock")]
    [InlineData("wget --referer http://h:2375/ http://example.com")]
    [InlineData("wget -O http://h:2375/ http://example.com")]
    [InlineData("socat TCP-LISTEN:2375,fork TCP:h:80")]
    [InlineData("socat - UNIX-CONNECT:/run/systemd/notify")]
    [InlineData("socat - EXEC:2375")]
    [InlineData("nc example.com 80")]
    [InlineData("nc -l 0.0.0.0 2375")]
    [InlineData("nc -lp 2375")]
    [InlineData("nc -p 2375 example.com 80")]
    [InlineData("nc -w 2375 example.com 80")]
    [InlineData("nc -z example.com 1-65535")]
    [InlineData("nc 2375")]
    [InlineData("openssl x509 -in h:2376")]
    [InlineData("openssl s_client -connect example.com:443 -servername h:2376")]
    [InlineData("openssl s_client -connect")]
    [InlineData("python3 script.py --socket /var/run/docker.sock http://h:2375")]
    [InlineData("python3 -m http.server 2375")]
    [InlineData("python3 -c 'print(2375)'")]
    [InlineData("python3 -c 'print(list(range(9))[:2375])'")]
    [InlineData("python3 -c 'print(\"mydocker.sock docker.socket 12375 socket\")'")]
    [InlineData("perl -pi.bak -e 's/a/b/' /var/run/docker.sock")]
    [InlineData("perl -ne print docker.sock")]
    [InlineData("node server.js -e /run/docker.sock")]
    [InlineData("python3 -c")]
    [InlineData("ruby")]
    public void What_speaks_to_no_runtime_is_of_no_interest(string line)
    {
        Argv argv = Argv.Of([.. ShellWords.Split(line)]);
        Invocation invocation = Read(line);
        Verdict verdict = RuleSet.Shipped("default").Judge(invocation);

        Assert.Empty(invocation.Facts);
        Assert.True(invocation.SaysNothing);
        Assert.Equal("", AlertMessage.OfCommandLine(Some.Redactor.Redact(Executables.OfPath(argv[0]), argv), invocation, verdict).CommandLine.Tool);
    }

    [Theory]
    [InlineData("curl -XPOST http://h:2375/v1.41/containers/create?name=x", "container create", "", "")]
    [InlineData("curl -XPOST http://h:2375/v4.0.0/libpod/containers/create", "container create", "", "")]
    [InlineData("curl -XPOST http://h:2375//containers/./cre%61te", "container create", "", "")]
    [InlineData("curl -XPOST http://h:2375/containers/web/start", "container start", "", "")]
    [InlineData("curl -XPOST http://h:2375/containers/web/exec", "container exec", "EXEC", "")]
    [InlineData("curl -XPOST http://h:2375/v1.41/exec/0123/start", "container exec", "EXEC", "")]
    [InlineData("curl -XPOST http://h:2375/containers/web/attach?stdin=1", "container attach", "ATTACH", "")]
    [InlineData("curl -XPOST 'http://h:2375/images/create?fromImage=alpine&tag=3'", "image pull", "", "alpine")]
    [InlineData("curl -XPOST 'http://h:2375/build?networkmode=host' --data-binary @ctx.tar", "image build", "HOST_NET MANIFEST(ctx.tar)", "")]
    [InlineData("curl -T - http://h:2375/containers/x/archive?path=/", "container cp", "MANIFEST(-)", "")]
    [InlineData("curl -d@body.json http://h:2375/containers/create", "container create", "MANIFEST(body.json)", "")]
    [InlineData("curl --json @- http://h:2375/containers/create", "container create", "MANIFEST(-)", "")]
    [InlineData("curl --data-raw @x http://h:2375/containers/create", "container create", "", "")]
    [InlineData("wget --post-file=b.json http://h:2375/containers/create", "container create", "MANIFEST(b.json)", "")]
    [InlineData("curl http://h:2375/containers/json", "container ls", "", "")]
    [InlineData("curl http://h:2375/containers/create", "", "", "")]
    [InlineData("curl http://h:2375/_ping", "", "", "")]
    public void The_call_is_named_as_docker_names_it(string line, string command, string facts, string image)
    {
        Invocation invocation = Read(line);
        Assert.Equal(command, invocation.Command);
        Assert.Equal(facts, string.Join(' ', FactReport.Of(invocation)));
        Assert.Equal(image, invocation.Image ?? "");
    }

    [Fact]
    public void A_body_in_the_arguments_counts_like_the_flags_of_a_command_line()
    {
        const string Body = "{\"Image\":\"alpine\",\"Cmd\":[\"chroot\",\"/host\"],\"HostConfig\":{\"Privileged\":true,\"Binds\":[\"/:/host\"]}}";
        Argv argv = Argv.Of("curl", "--unix-socket", "/var/run/docker.sock", "-d", Body, "http://x/containers/create");
        Invocation invocation = CommandLineReader.Read(Executables.OfPath("curl"u8)!, argv, "/");
        Verdict verdict = RuleSet.Shipped("default").Judge(invocation);
        V1.Alert answer = AlertMessage.OfCommandLine(Some.Redactor.Redact(Executables.OfPath(argv[0]), argv), invocation, verdict);

        Assert.Equal(["PRIVILEGED", "HOST_MOUNT", "ESCAPE", "SOCKET_API"], verdict.Indicators.Select(static indicator => indicator.Id));
        Assert.Equal(("curl", "container create", "alpine"), (answer.CommandLine.Tool, answer.CommandLine.Command, answer.CommandLine.Image));
        Assert.Equal(["HOST_MOUNT(/)", "PRIVILEGED"], answer.CommandLine.Facts);
        Assert.Equal(
            [(4u, "--data HostConfig.Privileged"), (4u, "--data HostConfig.Binds[0]"), (4u, "chroot /host"), (2u, "POST /containers/create")],
            answer.Indicators.Select(static indicator => (indicator.Arg, indicator.Evidence)));
        Assert.Equal((110, Severity.Critical), (verdict.RiskScore, verdict.Severity));
    }

    [Fact]
    public void The_published_detections_know_nothing_of_it()
    {
        Argv argv = Argv.Of("curl", "-XPOST", "http://h:2375/containers/x/exec", "-d", "{\"Privileged\":true}");
        Invocation invocation = CommandLineReader.Read(Executables.OfPath("curl"u8)!, argv, "/");
        Verdict verdict = RuleSet.Shipped("published").Judge(invocation);

        Assert.False(verdict.IsAlert);
        Assert.Null(AlertMessage.OfCommandLine(Some.Redactor.Redact(Executables.OfPath(argv[0]), argv), invocation, verdict).Scores);
    }

    [Fact]
    public void Any_bytes_are_a_command_line_and_the_quick_look_misses_nothing()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        string[] words =
        [
            "-", "--", "-X", "-sXPOST", "-d", "-d@", "--json", "--unix-socket", "--unix-socket=", "--next", "-:", "--connect-to", "::h:2375", "http://", "http://h:2375/containers/create",
            "http://[:2375", ":2375", "@:2376/", "h", "2375", "2375-", "-U", "-l", "s_client", "-connect", "-port=", "UNIX:", "TCP:::2375", "!!", ",", "-c", "-e", "-lne", "--eval", "--eval=",
            "connect 2375", "/run/docker.sock", "%2Fdocker.sock", "docker.sock]", "{\"HostConfig\":{\"Binds\":[1,\":\",\"/:\"]}}", "[", "{}x", "\"\\ud800\"", "",
        ];
        foreach (Executable executable in Executables.All.Where(static each => !each.Tool.IsContainerTool()))
        {
            for (int i = 0; i < 300; i++)
            {
                var area = new MemoryStream();
                area.Write(Encoding.UTF8.GetBytes(executable.Name + "\0"));
                for (int n = random.Next(10); n > 0; n--)
                {
                    byte[] noise = new byte[random.Next(6)];
                    random.NextBytes(noise);
                    area.Write(random.Next(4) == 0 ? [.. noise.Where(static b => b != 0)] : Encoding.UTF8.GetBytes(words[random.Next(words.Length)]));
                    area.WriteByte((byte)(random.Next(8) == 0 ? '=' : 0));
                }

                string told = $"seed {seed}, {executable.Name}, round {i}: {Convert.ToHexString(area.ToArray())}";
                try
                {
                    Invocation invocation = CommandLineReader.Read(executable, Argv.FromArea(area.ToArray()), "/");
                    bool isTalk = invocation.Facts.Any(static fact => fact.Kind == FactKind.SocketApi);
                    Assert.True(!isTalk || RuntimeSockets.MayBeIn(area.ToArray()), told);
                }
                catch (Exception e) when (e is not Xunit.Sdk.XunitException)
                {
                    Assert.Fail($"{told}\n{e}");
                }
            }
        }
    }

    private static Invocation Read(string line)
    {
        Argv argv = Argv.Of([.. ShellWords.Split(line)]);
        return CommandLineReader.Read(Executables.OfPath(argv[0])!, argv, "/");
    }
}
