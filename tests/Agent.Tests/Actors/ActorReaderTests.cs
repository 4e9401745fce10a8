using System.Collections.Immutable;
using Tallyman.Agent.Actors;
using Tallyman.Agent.Model;
using Tallyman.Agent.Status;
using Xunit;

namespace Tallyman.Agent.Tests.Actors;

public sealed class ActorReaderTests : IDisposable
{
    private const string Uid = "6b8a1f0e-13c5-4d0e-9a57-0d5d2f1c9b11";

    private readonly FakeHost _host = new();

    // Process 4242, child of 4200, in session 7 of user 1000 on pts0.
    private readonly ExecEvent _exec = Some.Exec("docker", "ps");

    public ActorReaderTests()
    {
        _host.Process(4200, 900, 90, "/usr/bin/bash", uid: 1000);
        _host.Process(900, 1, 80, "/usr/sbin/sshd");
        _host.Process(1, 0, 0, "/usr/lib/systemd/systemd");
        _host.Write("/etc/passwd", "root:x:0:0:::\nann:x:1000:1000:::\n");
    }

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Users_have_the_names_that_the_host_gives_them()
    {
        Actor actor = await ReadAsync(_exec with { Uid = 1000, Euid = 0 });
        Assert.Equal(("ann", "root", "ann"), (actor.User, actor.EffectiveUser, actor.LoginUser));
        Assert.Equal(["ann", "root", "root"], actor.Ancestry.Select(static each => each.User));
    }

    [Fact]
    public async Task What_one_would_expect_and_is_not_known_is_named_with_the_reason()
    {
        Actor actor = await ReadAsync(_exec with { Uid = 5, Euid = 6, LoginUid = 7, ParentPid = 4201, Cgroup = HostText.Of($"/kubepods/pod{Uid}/x") });
        Assert.Equal(
            [
                new("ancestry", "process 4201 has ended, or is hidden"),
                new("effective_user", "uid 6 is not in /etc/passwd"),
                new("login", "neither logind nor utmp nor the environment of the session tells of it"),
                new("login_user", "uid 7 is not in /etc/passwd"),
                new("pod", "the host's /var/log/pods cannot be read"),
                new("user", "uid 5 is not in /etc/passwd"),
            ],
            actor.Missing);
        Assert.Equal((null, null, null, null), (actor.User, actor.EffectiveUser, actor.LoginUser, actor.Login));
        Assert.Empty(actor.Ancestry);
    }

    [Theory]
    [InlineData("", "the process had ended before it was read")]
    [InlineData("…/a/b", "its upper directories are not known")]
    [InlineData("/", null)]
    public async Task Of_a_cgroup_that_is_not_whole_it_is_said(string cgroup, string? reason) =>
        Assert.Equal(reason, (await ReadAsync(_exec with { Cgroup = HostText.Of(cgroup) })).Missing.GetValueOrDefault("cgroup"));

    [Fact]
    public async Task Of_what_no_login_started_no_login_is_missing()
    {
        Actor actor = await ReadAsync(_exec with { LoginUid = null, Session = null, Tty = default });
        Assert.Empty(actor.Missing);
        Assert.Equal((null, null, null), (actor.Login, actor.LoginUser, actor.Sudo));
    }

    [Fact]
    public async Task Logind_is_believed_before_utmp_and_utmp_before_the_environment()
    {
        _host.Process(4200, 900, 90, "/usr/bin/bash", 1000, "HOME=/", "SSH_CONNECTION=192.0.2.3 50000 192.0.2.9 22");
        Assert.Equal(new Login("", "", "192.0.2.3", "environment"), (await ReadAsync(_exec)).Login);

        _host.Write("/run/utmp", UtmpTests.Record(7, 4200, "pts/0", "ann", "192.0.2.2"));
        Assert.Equal(new Login("", "ann", "192.0.2.2", "utmp"), (await ReadAsync(_exec)).Login);

        _host.Write("/run/systemd/sessions/7", "# This is private data. Do not parse.\nUID=1000\nUSER=ann\nREMOTE=1\nREMOTE_HOST=192.0.2.1\nSERVICE=sshd\n");
        Assert.Equal(new Login("sshd", "ann", "192.0.2.1", "logind"), (await ReadAsync(_exec)).Login);
    }

    [Theory]
    [InlineData("/user.slice/user-1000.slice/session-c1.scope", "login")]
    [InlineData("/user.slice/user-1000.slice/session-..scope", null)]
    [InlineData("/user.slice/user-1000.slice/session-.scope", null)]
    [InlineData("/user.slice/user-1000.slice/session-.swap", null)]
    [InlineData(@"/user.slice/user-1000.slice/session-\x2e\x2e\x2fsecret.scope", null)]
    public async Task A_session_without_a_number_is_known_by_its_scope_which_leads_nowhere_else(string cgroup, string? service)
    {
        _host.Write("/run/systemd/sessions/c1", "SERVICE=login\n");
        _host.Write("/run/systemd/secret", "SERVICE=secret\n");
        Assert.Equal(service, (await ReadAsync(_exec with { Session = null, Cgroup = HostText.Of(cgroup) })).Login?.Service);
    }

    [Theory]
    [InlineData("SSH_CONNECTION=192.0.2.3 1 192.0.2.9 22", "192.0.2.3")]
    [InlineData("SSH_CONNECTION=2001:db8::1 1 192.0.2.9 22", "2001:db8::1")]
    [InlineData("SSH_CONNECTION=\x1b[2J 1 192.0.2.9 22", null)]
    [InlineData("SSH_CONNECTION=", null)]
    [InlineData("XSSH_CONNECTION=192.0.2.3 1 192.0.2.9 22", null)]
    public async Task Of_the_environment_only_an_address_is_taken(string variable, string? address)
    {
        _host.Process(4200, 900, 90, "/usr/bin/bash", 1000, variable);
        Assert.Equal(address, (await ReadAsync(_exec)).Login?.Address);
    }

    [Fact]
    public async Task It_is_what_sshd_started_that_tells_and_else_the_execution_itself()
    {
        _host.Process(4199, 4200, 91, "/usr/bin/sudo", 0, "SSH_CONNECTION=192.0.2.8 1 192.0.2.9 22");
        _host.Process(4200, 900, 90, "/usr/bin/bash", 1000, "SSH_CONNECTION=192.0.2.3 1 192.0.2.9 22");
        ExecEvent exec = With("SSH_CONNECTION", "192.0.2.4 1 192.0.2.9 22");
        Assert.Equal(new Login("", "", "192.0.2.3", "environment"), (await ReadAsync(exec with { ParentPid = 4199 })).Login);
        Assert.Equal(new Login("", "", "192.0.2.4", "environment"), (await ReadAsync(exec with { ParentPid = 900 })).Login);
        Assert.Equal(new Login("", "", "192.0.2.4", "environment"), (await ReadAsync(exec with { ParentPid = 1 })).Login);
    }

    [Fact]
    public async Task A_process_that_has_its_readers_wait_hides_nothing_but_its_own_word()
    {
        File.Delete(_host.ProcFile(4200, "environ"));
        Programs.Run("mkfifo", _host.ProcFile(4200, "environ"));
        var time = new TimeAtWill();
        var counters = new Counters();
        ValueTask<Actor> reading = new ActorReader(_host.Proc, counters, time).ReadAsync(_exec);
        time.Pass();
        Actor actor = await reading;

        Assert.Null(actor.Login);
        Assert.Equal("neither logind nor utmp nor the environment of the session tells of it", actor.Missing["login"]);
        Assert.Equal(("ann", 3), (actor.LoginUser, actor.Ancestry.Length));
        Assert.Equal(1u, counters[Counter.ManifestThreadsAbandoned]);
        await File.WriteAllTextAsync(_host.ProcFile(4200, "environ"), ""); // ends the reading
    }

    [Fact]
    public async Task Who_called_sudo_is_who_runs_above_it()
    {
        _host.Process(4199, 4198, 91, "/usr/bin/bash", uid: 0);
        _host.Process(4198, 4197, 91, "/usr/bin/sudo", uid: 0);
        _host.Process(4197, 4200, 91, "/usr/bin/sudo", uid: 0);
        ExecEvent below = With("SUDO_USER", "liar") with { ParentPid = 4199 };
        Assert.Equal(new SudoCaller(1000, "ann", "ancestry"), (await ReadAsync(below)).Sudo);
    }

    [Fact]
    public async Task A_program_of_ones_own_called_sudo_is_none_and_where_sudo_is_gone_its_variables_are_told_as_such()
    {
        _host.Process(4199, 4200, 91, "/home/ann/sudo", uid: 1000);
        Assert.Null((await ReadAsync(_exec with { ParentPid = 4199 })).Sudo);
        Assert.Equal(new SudoCaller(null, "ann", "environment"), (await ReadAsync(With("SUDO_USER", "ann"))).Sudo);
        Assert.Equal(new SudoCaller(1000, null, "environment"), (await ReadAsync(With("SUDO_UID", "1000"))).Sudo);
        Assert.Null((await ReadAsync(With("SUDO_UID", "-1"))).Sudo);
        Assert.Null((await ReadAsync(With("SUDO_USER", new string('a', 257)))).Sudo);
    }

    [Fact]
    public async Task A_pod_has_the_names_that_the_kubelet_keeps_its_logs_under()
    {
        ExecEvent exec = _exec with { Cgroup = HostText.Of($"/kubepods/burstable/pod{Uid}/x") };
        ActorReader reader = Reader();
        Directory.CreateDirectory(_host.PathOf("/var/log/pods/kube-system_etcd-n1_3c1e2f6d4b5a69788796a5b4c3d2e1f0"));
        Assert.Equal(new Pod(Uid, "Burstable"), (await reader.ReadAsync(exec)).Pod);
        Assert.Equal("the host's /var/log/pods has no directory of this pod", (await reader.ReadAsync(exec)).Missing["pod"]);

        Directory.CreateDirectory(_host.PathOf($"/var/log/pods/shop_web-0_{Uid}"));
        Actor actor = await reader.ReadAsync(exec);
        Assert.Equal(new Pod(Uid, "Burstable") { Namespace = "shop", Name = "web-0" }, actor.Pod);
        Assert.DoesNotContain("pod", actor.Missing.Keys);
    }

    private ValueTask<Actor> ReadAsync(ExecEvent exec) => Reader().ReadAsync(exec);

    private ActorReader Reader() => new(_host.Proc, new Counters(), TimeProvider.System);

    private ExecEvent With(string variable, string value) =>
        _exec with { Environment = ImmutableDictionary<string, HostText>.Empty.Add(variable, HostText.Of(value)) };
}
