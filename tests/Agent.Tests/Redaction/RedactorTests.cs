using System.Text.RegularExpressions;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Redaction;
using Xunit;

namespace Tallyman.Agent.Tests.Redaction;

public partial class RedactorTests
{
    /// <summary>In the second column, * stands for each mark.</summary>
    [Theory]
    // flags of the tools in every spelling
    [InlineData("docker login -u ann -p hunter2 r.io", "docker login -u ann -p * r.io")]
    [InlineData("docker login -phunter2 r.io", "docker login -p* r.io")]
    [InlineData("docker login -p=hunter2 --password=b -p c", "docker login -p=* --password=* -p *")]
    [InlineData("docker login --password-stdin r.io", "docker login --password-stdin r.io")]
    [InlineData("docker run -itpx alpine", "docker run -itpx alpine")]
    [InlineData("docker run -ite A=b alpine", "docker run -ite A=* alpine")]
    [InlineData("docker run -iteA=b alpine", "docker run -iteA=* alpine")]
    [InlineData("docker run -e LANG=C -e LC_ALL=C -e A= -e B alpine", "docker run -e LANG=C -e LC_ALL=C -e A= -e B alpine")]
    [InlineData("docker run -e LANG=ghp_0123456789abcdefghij alpine", "docker run -e LANG=* alpine")]
    [InlineData("docker run -e DEBUG=x,token=y alpine", "docker run -e DEBUG=x,token=* alpine")]
    [InlineData("docker build --build-arg A=b=c .", "docker build --build-arg A=* .")]
    [InlineData("docker commit -c 'ENV A=b C=d' -c 'CMD run' x y", "docker commit -c 'ENV A=*' -c 'CMD run' x y")]
    [InlineData("docker swarm join --token abc 10.0.0.1", "docker swarm join --token * 10.0.0.1")]
    [InlineData("docker plugin set p:latest A=b", "docker plugin set p:latest A=*")]
    [InlineData("docker service create --secret source=s,target=t nginx", "docker service create --secret source=s,target=t nginx")]
    [InlineData("docker run --mount type=volume,volume-opt=o=username=u,password=p,src=/x alpine", "docker run --mount type=volume,volume-opt=o=username=u,password=*,src=/x alpine")]
    [InlineData("docker run --log-opt splunk-token=a,b alpine", "docker run --log-opt splunk-token=* alpine")]
    [InlineData("docker run --label api.token=x --label maintainer=ann alpine", "docker run --label api.token=* --label maintainer=ann alpine")]
    [InlineData("docker run -v secrets:/run/secrets -v /token:/x my/token:latest", "docker run -v secrets:/run/secrets -v /token:/x my/token:latest")]
    [InlineData("docker compose run -e A=b web", "docker compose run -e A=* web")]
    [InlineData("docker-compose run -e A=b web", "docker-compose run -e A=* web")]
    [InlineData("podman pull --creds ann:x q.io/i", "podman pull --creds ann:* q.io/i")]
    [InlineData("podman compose run -e A=b web", "podman compose run -e A=* web")]
    [InlineData("nerdctl image convert --overlaybd-dbstr u:p@h/d a b", "nerdctl image convert --overlaybd-dbstr * a b")]
    [InlineData("crictl pull --creds ann:x --auth abc i", "crictl pull --creds ann:* --auth * i")]
    [InlineData("ctr images pull -u ann:x i", "ctr images pull -u ann:* i")]
    [InlineData("ctr run --user 0:0 i c", "ctr run --user 0:0 i c")]
    [InlineData("ctr content fetch -refresh abc i", "ctr content fetch -refresh * i")]
    [InlineData("kubectl --token abc get pods", "kubectl --token * get pods")]
    [InlineData("kubectl get pods --token=abc", "kubectl get pods --token=*")]
    [InlineData("kubectl config set-credentials x --exec-env A=b --auth-provider-arg client-secret=a,b=c", "kubectl config set-credentials x --exec-env A=* --auth-provider-arg client-secret=*,b=*")]
    [InlineData("kubectl config set users.x.token abc", "kubectl config set users.x.token *")]
    [InlineData("kubectl config set clusters.x.server https://h", "kubectl config set clusters.x.server https://h")]
    [InlineData("kubectl set env deploy/d A=b C-", "kubectl set env deploy/d A=* C-")]
    [InlineData("kubectl create secret generic s --from-literal=a=b,c --from-file=f", "kubectl create secret generic s --from-literal=a=* --from-file=f")]
    [InlineData("kubectl debug p --env A=b,C=d", "kubectl debug p --env A=*,C=*")]
    [InlineData("kubectl patch secret s -p '{\"data\":{\"a\":\"b\"},\"metadata\":{\"name\":\"n\"}}'", "kubectl patch secret s -p '{\"data\":{\"a\":\"*\"},\"metadata\":{\"name\":\"n\"}}'")]
    [InlineData("kubectl patch secret s --type json -p '[{\"op\":\"add\",\"path\":\"/data/a\",\"value\":\"b\"}]'", "kubectl patch secret s --type json -p '[{\"op\":\"add\",\"path\":\"/data/a\",\"value\":\"*\"}]'")]
    [InlineData("kubectl patch deploy d --type json -p '[{\"op\":\"replace\",\"path\":\"/spec/volumes/0/hostPath/path\",\"value\":\"/etc\"},{\"value\":\"SYS_ADMIN\",\"path\":\"/spec/capabilities/add/-\"}]'", "kubectl patch deploy d --type json -p '[{\"op\":\"replace\",\"path\":\"/spec/volumes/0/hostPath/path\",\"value\":\"/etc\"},{\"value\":\"SYS_ADMIN\",\"path\":\"/spec/capabilities/add/-\"}]'")]
    [InlineData("kubectl patch deploy d --type json -p '[{\"path\":\"/spec/env/0/value\",\"value\":\"x\"},{\"path\":\"/a/password\",\"value\":\"y\"},{\"path\":\"/a\",\"value\":{\"value\":\"z\",\"name\":\"n\"}}]'", "kubectl patch deploy d --type json -p '[{\"path\":\"/spec/env/0/value\",\"value\":\"*\"},{\"path\":\"/a/password\",\"value\":\"*\"},{\"path\":\"/a\",\"value\":{\"value\":\"*\",\"name\":\"n\"}}]'")]
    [InlineData("kubectl patch secret s --type json -p '[{\"path\":\"\\u002fdata/a\",\"value\":\"x\"},{\"value\":\"y\"}]'", "kubectl patch secret s --type json -p '[{\"path\":\"\\u002fdata/a\",\"value\":\"*\"},{\"value\":\"*\"}]'")]
    [InlineData("docker buildx create --driver-opt network=host,env.A=b,env.LANG=C", "docker buildx create --driver-opt network=host,env.A=*,env.LANG=C")]
    [InlineData("podman secret create --driver shell --driver-opts store=/x,key=y s f", "podman secret create --driver shell --driver-opts store=/x,key=* s f")]
    [InlineData("podman run --passwd-entry ann:x:0:0 --group-entry g:y:0 i", "podman run --passwd-entry ann:x:0:0 --group-entry g:*:0 i")]
    [InlineData("podman image scp h::x:1 ann@h::", "podman image scp h::x:1 ann@h::")]
    [InlineData("kubectl patch secret s -p 'data: {a: b}'", "kubectl patch secret s -p *")]
    [InlineData("kubectl run p --image i --overrides '{\"a\":{\"env\":[{\"name\":\"N\",\"value\":\"v\"}],\"command\":[\"mysql\",\"-pv\"],\"hostPath\":\"/\"}}'", "kubectl run p --image i --overrides '{\"a\":{\"env\":[{\"name\":\"N\",\"value\":\"*\"}],\"command\":[\"mysql\",\"-p*\"],\"hostPath\":\"/\"}}'")]
    [InlineData("kubectl get secret s -o 'jsonpath={.data.password}'", "kubectl get secret s -o 'jsonpath={.data.password}'")]
    // lines that cannot be read for certain
    [InlineData("docker newlogin -p x", "docker newlogin -p *")]
    [InlineData("docker login --new y -p x", "docker login --new y -p *")]
    [InlineData("docker login -zpx", "docker login -zp*")]
    [InlineData("docker run --new-token x alpine", "docker run --new-token * alpine")]
    [InlineData("docker run --new alpine -e A=b", "docker run --new alpine -e A=*")]
    [InlineData("docker --new login --password x", "docker --new login --password *")]
    // the command inside, and scripts in it
    [InlineData("docker exec c mysql -uroot -px db", "docker exec c mysql -uroot -p* db")]
    [InlineData("docker exec c mysql -p db", "docker exec c mysql -p db")]
    [InlineData("docker exec c curl -sSu a:b -H 'Authorization: Bearer c' -H X-Api-Key:d http://h", "docker exec c curl -sSu a:* -H 'Authorization: *' -H X-Api-Key:* http://h")]
    [InlineData("docker exec c env DB_PASS=x run", "docker exec c env DB_PASS=* run")]
    [InlineData("docker exec c app --api-key x --token-file /f --password=y -secret z", "docker exec c app --api-key * --token-file /f --password=* -secret *")]
    [InlineData("docker exec c app --password -ab --token --pin -x --pwd c", "docker exec c app --password * --token --pin -x --pwd *")]
    [InlineData("docker exec c app PWD=/a OLDPWD=/b --compass x --spin y", "docker exec c app PWD=/a OLDPWD=/b --compass x --spin y")]
    [InlineData("docker exec c app password:x password:/y r/password:1 tokens:2 password::z", "docker exec c app password:* password:/y r/password:1 tokens:2 password::z")]
    [InlineData("docker run -v password:/x password:1 app", "docker run -v password:/x password:1 app")]
    [InlineData("docker exec c app 'secrets=[a]' 'tokens=[{a}]' 'passwords=[]' 'passwords=[\"a\", b]'", "docker exec c app 'secrets=[a]' 'tokens=[{a}]' 'passwords=[]' 'passwords=[\"*]'")]
    [InlineData("docker exec c sh -c 'cat password>x; <password>'", "docker exec c sh -c 'cat password>x; <password>'")]
    [InlineData("docker exec c curl -d '{\"Env\":[\"A=b\",\"LANG=C\"],\"Image\":\"A=b\",\"env\":{\"B\":\"c\",\"TZ\":\"UTC\"},\"secret\":{\"name\":\"n\"}}'", "docker exec c curl -d '{\"Env\":[\"A=*\",\"LANG=C\"],\"Image\":\"A=b\",\"env\":{\"B\":\"*\",\"TZ\":\"UTC\"},\"secret\":{\"name\":\"n\"}}'")]
    [InlineData("docker exec c sh -c 'docker login --password-stdin <<< x; cat <<< y'", "docker exec c sh -c 'docker login --password-stdin <<< *; cat <<< y'")]
    [InlineData("docker exec c xfreerdp /v:h /p:x /port:1", "docker exec c xfreerdp /v:h /p:* /port:1")]
    [InlineData("docker exec c sqlplus /nolog @/a/b.sql", "docker exec c sqlplus /nolog @/a/b.sql")]
    [InlineData("docker exec c rclone config create r s3 region eu", "docker exec c rclone config create r s3 region eu")]
    [InlineData("docker exec c sshpass -p x ssh h", "docker exec c sshpass -p * ssh h")]
    [InlineData("docker exec c sh -c 'PGPASSWORD=x psql && mysql -py; echo $Z'", "docker exec c sh -c 'PGPASSWORD=* psql && mysql -p*; echo $Z'")]
    [InlineData("docker exec c sh -c 'mysql -p$PW; run --password \"a b\" --token $T'", "docker exec c sh -c 'mysql -p$PW; run --password \"*\" --token $T'")]
    [InlineData("docker exec c sh -c \"bash -c 'mysql -pabcd'\"", "docker exec c sh -c \"bash -c 'mysql -p*'\"")]
    [InlineData("docker run --health-cmd 'mysqladmin -px ping' db", "docker run --health-cmd 'mysqladmin -p* ping' db")]
    [InlineData("docker run docker:cli docker login -p x", "docker run docker:cli docker login -p *")]
    [InlineData("kubectl exec p -- kubectl --token x get pods", "kubectl exec p -- kubectl --token * get pods")]
    [InlineData("docker exec c curl -d '{\"password\":\"a\\\"b\",\"n\":1}' 'http://h/?token=x&y=z'", "docker exec c curl -d '{\"password\":\"*\",\"n\":1}' 'http://h/?token=*&y=z'")]
    // forms
    [InlineData("docker pull https://ann:x@h/i", "docker pull https://ann:*@h/i")]
    [InlineData("docker pull https://ann@h/i", "docker pull https://*@h/i")]
    [InlineData("docker pull https://ann:@h/i", "docker pull https://*:@h/i")]
    [InlineData("docker pull https://git@h/i", "docker pull https://git@h/i")]
    [InlineData("docker exec c git clone https://x-access-token:b@h/i git@h:i ssh://ann@h/i", "docker exec c git clone https://x-access-token:*@h/i git@h:i ssh://ann@h/i")]
    [InlineData("docker exec c sh -c 'git clone https://$TOKEN@h/i https://h/@a/b'", "docker exec c sh -c 'git clone https://$TOKEN@h/i https://h/@a/b'")]
    [InlineData("docker exec c curl 'http://h/?sv=1&sig=x&design=y' 12:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "docker exec c curl 'http://h/?sv=1&sig=*&design=y' 12:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("docker exec c x jdbc:oracle:thin:@h:1521/x jdbc:oracle:thin:a/b@//h/x", "docker exec c x jdbc:oracle:thin:@h:1521/x jdbc:oracle:thin:a/*@//h/x")]
    [InlineData("docker exec c git clone https://0123456789abcdef0123456789@h/r", "docker exec c git clone https://*@h/r")]
    [InlineData("docker -H ssh://root@h ps", "docker -H ssh://root@h ps")]
    [InlineData("docker exec c x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.sig y", "docker exec c x * y")]
    [InlineData("docker exec c mc alias set s http://h AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "docker exec c mc alias set s http://h * *")]
    [InlineData("docker exec c x '-----BEGIN RSA PRIVATE KEY-----abc-----END RSA PRIVATE KEY-----'", "docker exec c x '-----BEGIN RSA PRIVATE KEY-----*-----END RSA PRIVATE KEY-----'")]
    [InlineData("docker exec c x '-----BEGIN CERTIFICATE-----abc-----END CERTIFICATE-----'", "docker exec c x '-----BEGIN CERTIFICATE-----abc-----END CERTIFICATE-----'")]
    [InlineData("docker exec c usermod -p $6$saltsalt$0123456789abcdef root", "docker exec c usermod -p * root")]
    [InlineData("docker pull r@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "docker pull r@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    // a secret that is there again
    [InlineData("docker run -e PASSWORD=hunter2 alpine echo xhunter2y", "docker run -e PASSWORD=* alpine echo x*y")]
    [InlineData("docker run -e PASSWORD=/etc -v /etc:/x alpine", "docker run -e PASSWORD=* -v /etc:/x alpine")]
    [InlineData("docker run -e DISTRIBUTION=alpine alpine cat alpine", "docker run -e DISTRIBUTION=* alpine cat alpine")]
    // no tool of the six
    [InlineData("curl -u ann:x --unix-socket /var/run/docker.sock http://h", "curl -u ann:* --unix-socket /var/run/docker.sock http://h")]
    public void A_command_line_loses_its_secrets_and_nothing_else(string line, string expected)
    {
        Assert.Equal(ShellWords.Split(expected), Words(Redact([.. ShellWords.Split(line)]).Argv).Select(static word => Mark().Replace(word, "*")));
    }

    [Fact]
    public void Equal_secrets_have_equal_marks_whatever_stands_around_them_and_only_with_equal_keys()
    {
        Redactions redactions = Redact("docker", "login", "-p", "hunter2", "-phunter2", "--password=hunter2", "--password", "hunter3");
        Assert.Equal([1, 1, 1, 2], redactions.Places.Select(place => redactions.Places.Select(static each => each.Mark).Distinct().ToList().IndexOf(place.Mark) + 1));
        Assert.Matches(@"^\[redacted:[0-9a-f]{12}\]$", redactions.Places[0].Mark);

        byte[] key = new byte[SecretHash.KeyLength];
        key[^1] = 1;
        Redactions elsewhere = new Redactor(new SecretHash(key)).Redact(Executables.All[0], Argv.Of("docker", "login", "-p", "hunter2"));
        Assert.NotEqual(redactions.Places[0].Mark, elsewhere.Places[0].Mark);
    }

    [Fact]
    public void A_secret_has_one_mark_with_and_without_the_quotes_of_a_shell()
    {
        Redactions redactions = Redact("docker", "run", "-e", "A_TOKEN=hunt er2", "alpine", "sh", "-c", "run --token 'hunt er2'; run --token hunt\\ er2");
        Assert.Equal(3, redactions.Places.Length);
        Assert.Single(redactions.Places.Select(static place => place.Mark).Distinct());
    }

    [Fact]
    public void Without_rules_nothing_leaves_but_that_there_was_something()
    {
        var redactor = new Redactor(new SecretHash(new byte[SecretHash.KeyLength]), static () => throw new InvalidDataException("hunter2"));
        Redactions redactions = redactor.Redact(Executables.All[0], Argv.Of("docker", "run", "-v", "hunter2:/hunter2", "hunter2"));

        Assert.True(redactions.IsClosed);
        Assert.Equal(Enumerable.Repeat("[redacted: redaction failed with InvalidDataException]", 5), Words(redactions.Argv));
        Assert.DoesNotContain("hunter2", redactions.OfText("hunter2"), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", redactions.Of(new Fact(FactKind.HostMount, "/hunter2", 3) { Evidence = "hunter2" }).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void More_secrets_than_can_be_looked_for_close_the_arguments_in_which_they_could_be()
    {
        string[] words = ["docker", "run", .. Enumerable.Range(0, 300).Select(static i => $"--env=PASSWORD{i}=hunter{i}"), "alpine", "echo", "hunter299"];
        List<string> left = Words(Redact(words).Argv);
        Assert.Equal("alpine", left[^3]);
        Assert.DoesNotContain("hunter", string.Join(' ', left), StringComparison.Ordinal);
    }

    [Fact]
    public void Any_bytes_that_can_be_read_as_a_command_line_can_be_redacted()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        string[] pieces =
        [
            "-", "--", "e", "p", "=", ":", "@", "://", "password", "token", " ", "'", "\"", "\\", "{", "[", "]", "}", ",", "$(", "\n", "docker", "run", "login", "mysql", "sh", "-c",
            "eyJ", "AKIA", "-----BEGIN ", "PRIVATE KEY-----", "data", "value", "\u00e9", "x", "hunter2", "@tcp(", "Authorization: ",
        ];
        for (int round = 0; round < 3000; round++)
        {
            var area = new MemoryStream();
            area.Write("docker\0"u8);
            for (int words = random.Next(8); words >= 0; words--)
            {
                for (int parts = random.Next(12); parts > 0; parts--)
                {
                    area.Write(random.Next(8) == 0 ? [(byte)random.Next(1, 256)] : System.Text.Encoding.UTF8.GetBytes(pieces[random.Next(pieces.Length)]));
                }

                area.WriteByte(0);
            }

            Argv argv = Argv.FromArea(area.ToArray());
            Executable program = Executables.All[random.Next(Executables.All.Count)];
            Redactions redactions = Some.Redactor.Redact(program, argv);
            bool canBeRead = Record.Exception(() => CommandLineReader.Read(program, argv, "/")) is null;
            Assert.True(canBeRead != redactions.IsClosed, $"seed {seed}: {program.Name}: {argv}: {redactions.Argv}");
            Assert.Equal(argv.Count, redactions.Argv.Count);
        }
    }

    [Theory]
    [InlineData("password=")]
    [InlineData("password: ")]
    [InlineData("\"token\":\"")]
    [InlineData("=:")]
    [InlineData("u:p@tcp(")]
    [InlineData("://a:b@")]
    [InlineData("eyJ.")]
    [InlineData("-sk-ant-")]
    [InlineData("-----BEGIN PRIVATE KEY-----")]
    [InlineData("AKIAIOSFODNN7EXAMPLE ")]
    [InlineData("'\"\\")]
    [InlineData("[{\"a\":")]
    [InlineData("mysql -pa;")]
    [InlineData("docker run ")]
    [InlineData("--token x ")]
    [InlineData("vault login ")]
    [InlineData("echo a | passwd --stdin ")]
    [InlineData("password '")]
    [InlineData("<password>")]
    [InlineData("<<a\n")]
    [InlineData("cat <<a <<a\na\n")]
    [InlineData("password=[")]
    [InlineData("{\"env\":[\"A=b\",")]
    [InlineData("jdbc:oracle:thin:a/")]
    [InlineData("123456789:AA")]
    public void A_long_argument_is_no_more_work_than_its_length(string repeated)
    {
        // Squared, this would take minutes.
        string text = string.Concat(Enumerable.Repeat(repeated, 500_000 / repeated.Length));
        Redactions redactions = Redact("docker", "run", "--privileged", "--label", text, "alpine", "sh", "-c", text);
        Assert.False(redactions.IsClosed);
        Assert.Equal(9, redactions.Argv.Count);
    }

    [Theory]
    [InlineData("-e A=b")]
    [InlineData("-e PASSWORD=hunter2")]
    [InlineData("--no-such-flag=x")]
    [InlineData("docker")]
    [InlineData("--token hunter2")]
    [InlineData("vault login")]
    [InlineData("xfreerdp /p:")]
    [InlineData("impacket-psexec a:b@c")]
    public void Many_arguments_are_no_more_work_than_their_number(string repeated)
    {
        string[] words = [.. Enumerable.Repeat(repeated.Split(' '), 100_000 / repeated.Split(' ').Length).SelectMany(static each => each)];
        Redactions redactions = Redact(["docker", "run", .. words, "alpine", .. words]);
        Assert.False(redactions.IsClosed);
        Assert.Equal(3 + (2 * words.Length), redactions.Argv.Count);
    }

    [Fact]
    public void What_errors_and_facts_say_of_an_argument_is_what_is_left_of_it()
    {
        string[] words = ["docker", "run", "-v", "/srv/ghp_hunter2hunter2hunter2:/x", "-ZeX=hunter3" + new string('z', 100), "-e", "Y=hunter4", "ghcr.io/x:y"];
        Invocation invocation = CommandLineReader.Read(Executables.All[0], Argv.Of(words), "/");
        Invocation redacted = Redact(words).Of(invocation);

        Assert.Contains("hunter3", invocation.Error!, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter", $"{redacted.Error} {redacted.Image} {string.Join(' ', redacted.Facts)}", StringComparison.Ordinal);
        Assert.Contains(redacted.Facts, static fact => fact.Kind == FactKind.HostMount && fact.Value.StartsWith("/srv/[redacted:", StringComparison.Ordinal));
        Assert.Contains(redacted.Facts, static fact => fact is { Kind: FactKind.EnvironmentVariable, Value: "Y" });
    }

    [Theory]
    [InlineData("docker", "run --bogus -e PASSWORD=container x", "container run")]
    [InlineData("docker", "hunter2 --password=hunter2", "[redacted:")]
    public void A_command_of_the_tool_stays_and_a_word_that_it_does_not_know_may_be_a_secret(string tool, string line, string command)
    {
        string[] words = [tool, .. line.Split(' ')];
        Invocation invocation = CommandLineReader.Read(Executables.All[0], Argv.Of(words), "/");
        Assert.StartsWith(command, Redact(words).Of(invocation).Command, StringComparison.Ordinal);
    }

    [Fact]
    public void A_manifest_that_is_an_argument_goes_by_its_flag_however_that_is_spelt()
    {
        string[] words = ["kubectl", "patch", "secret", "x", "-p", """{"data":{"a":"hunter2"}}"""];
        Invocation invocation = CommandLineReader.Read(Executables.OfPath("kubectl"u8)!, Argv.Of(words), "/") with { Manifests = [new Manifest("--patch", 5), new Manifest("hunter2", 5)] };
        Invocation redacted = Redact(words).Of(invocation);
        Assert.Equal("--patch", redacted.Manifests[0].Name);
        Assert.StartsWith("[redacted", redacted.Manifests[1].Name, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_loader_loads_is_redacted_as_what_it_is()
    {
        ExecEvent exec = Some.Exec("/lib64/ld-linux-x86-64.so.2", "--preload", "/x", "/tmp/innocent", "login", "-p", "hunter2") with { Loaded = Executables.All[0] };
        Assert.StartsWith("[redacted:", Words(Some.Redactor.Redact(exec).Argv)[6], StringComparison.Ordinal);
        Assert.Equal("hunter2", Words(Some.Redactor.Redact(exec with { Loaded = null }).Argv)[6]);
    }

    [Fact]
    public void Which_program_ran_and_where_cannot_be_hidden_by_calling_it_a_secret()
    {
        Redactions redactions = Redact("docker", "run", "-e", "PASSWORD=/tmp/innocent", "-e", "TOKEN=/etc", "-v", "/etc:/x", "alpine");
        Assert.Equal("/tmp/innocent", redactions.OfPath("/tmp/innocent"));
        Assert.Equal("/etc", redactions.Of(new Fact(FactKind.HostMount, "/etc", 7)).Value);
        Assert.Equal("/srv/https://u:", redactions.OfPath("/srv/https://u:p@h")[..15]);
        Assert.DoesNotContain("u:p", redactions.OfPath("/srv/https://u:p@h"), StringComparison.Ordinal);
    }

    internal static Redactions Redact(params string[] words) => Some.Redactor.Redact(Executables.OfPath(System.Text.Encoding.UTF8.GetBytes(words[0])), Argv.Of(words));

    private static List<string> Words(Argv argv) => [.. Enumerable.Range(0, argv.Count).Select(i => System.Text.Encoding.UTF8.GetString(argv[i]))];

    [GeneratedRegex(@"\[redacted:[0-9a-f]{12}\]")]
    private static partial Regex Mark();
}
