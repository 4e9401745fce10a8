using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Xunit;

namespace Tallyman.Agent.Tests.CommandLines;

/// <summary>The ways to run, in a container, what leads out of it, and what only looks like them.</summary>
public class InnerCommandsTests
{
    [Theory]
    // an entry point that is taken back, or is the command itself
    [InlineData("docker run --entrypoint '' x nsenter -t 1 -m")]
    [InlineData("docker run --entrypoint= x nsenter -t 1 -m")]
    [InlineData("docker create --entrypoint '' x nsenter -t 1 -m")]
    [InlineData("docker service create --entrypoint '' x nsenter -t 1 -m")]
    [InlineData("docker service create --entrypoint 'nsenter -t 1' x -m")]
    [InlineData("docker service update --args 'nsenter -t 1' web")]
    [InlineData("docker service update --entrypoint 'nsenter -t 1' web")]
    [InlineData("docker service update --entrypoint 'sh -c' --args '\"nsenter -t 1\"' web")]
    [InlineData("docker compose run --entrypoint '' web nsenter -t 1")]
    [InlineData("docker compose run --entrypoint 'nsenter -t 1' web -m")]
    [InlineData("podman run --entrypoint '' x nsenter -t 1")]
    [InlineData("podman run --entrypoint '[]' x nsenter -t 1")]
    [InlineData("podman run --entrypoint '[\"\"]' x nsenter -t 1")]
    [InlineData("nerdctl run --entrypoint '' x nsenter -t 1")]
    // launchers
    [InlineData("docker run x su -c 'nsenter -t 1'")]
    [InlineData("docker run x su - root -lc 'nsenter -t 1'")]
    [InlineData("docker run x runuser -u root -- nsenter -t 1")]
    [InlineData("docker run x runuser root --command='nsenter -t 1'")]
    [InlineData("docker run x gosu root nsenter -t 1")]
    [InlineData("docker run x su-exec root nsenter -t 1")]
    [InlineData("docker run x find / -maxdepth 0 -exec nsenter -t 1 -m ';'")]
    [InlineData("docker run x find / -name a -exec echo '{}' + -execdir sh -c 'nsenter -t 1' ';'")]
    [InlineData("docker run x watch -n 5 nsenter -t 1")]
    [InlineData("docker run x watch 'true; nsenter -t 1'")]
    [InlineData("docker run x script -qc 'nsenter -t 1' /dev/null")]
    [InlineData("docker run x script -q /dev/null -c 'nsenter -t 1'")]
    [InlineData("docker run x strace -f -o /dev/null nsenter -t 1")]
    [InlineData("docker run x flock /tmp/x nsenter -t 1")]
    [InlineData("docker run x flock -w 3 /tmp/x -c 'nsenter -t 1'")]
    [InlineData("docker run x capsh --print -- -c 'nsenter -t 1'")]
    [InlineData("docker run x env -S 'nsenter -t 1'")]
    [InlineData("docker run x env --split-string='A=b nsenter' -t 1")]
    [InlineData("docker run x chroot /srv nsenter -t 1")]
    // scripts
    [InlineData("docker run x sh -c 'eval \"nsenter -t 1\"'")]
    [InlineData("docker run x sh -c 'eval nsenter -t 1'")]
    [InlineData("docker run x sh -c 'trap \"nsenter -t 1\" EXIT'")]
    [InlineData("docker run x sh -c '>/dev/null nsenter -t 1'")]
    [InlineData("docker run x sh -c '2>&1 >/dev/null nsenter -t 1'")]
    [InlineData("docker run x sh -c '&>/dev/null nsenter -t 1'")]
    [InlineData("docker run x sh -c 'echo nsenter -t 1 | sh'")]
    [InlineData("docker run x sh -c 'printf \"id\\nnsenter -t 1\\n\" | tee /tmp/x | sudo bash -s'")]
    [InlineData("docker run x sh -c '(echo nsenter -t 1) | { sh; }'")]
    [InlineData("docker run x sh -c 'sh <<< \"nsenter -t 1\"'")]
    [InlineData("docker run x sh -c 'sh <<E\nnsenter -t 1\nE'")]
    [InlineData("docker run x sh -c 'cat <<E | sh\nnsenter -t 1\nE'")]
    [InlineData("docker run x sh -c 'cat <<E\n$(nsenter -t 1)\nE'")]
    [InlineData("docker run x sh -c 'cat <<E\nE\nnsenter -t 1'")]
    [InlineData("docker run x sh -c 'cat <<E\nnsenter -t 1'")]
    [InlineData("docker run x sh -c 'echo $((1<<2))\nnsenter -t 1\n2'")]
    [InlineData("docker run x sh -c 'echo \"$(nsenter -t 1)\"'")]
    [InlineData("docker run x sh -c 'echo \"`nsenter -t 1`\"'")]
    [InlineData("docker run x sh -c 'cat <(nsenter -t 1)'")]
    [InlineData("docker run x sh -c 'x=$(case a in a) nsenter -t 1;; esac)'")]
    [InlineData("docker run x sh -c 'function f { nsenter -t 1; }; f'")]
    [InlineData("docker run x sh -c '$(command -v sudo) nsenter -t 1'")]
    [InlineData("docker run x sh -c 'N=nsenter; $N -t 1'")]
    [InlineData("docker run x sh -c 'export N=\"nsenter -t\"; ${N} 1'")]
    [InlineData("docker run x sh -c 'nsenter${IFS}-t${IFS}1'")]
    [InlineData("docker run x sh -c 'A=nsen B=ter; $A$B -t 1'")]
    [InlineData("docker run x sh -c 'exec \"$@\"' -- nsenter -t 1")]
    [InlineData("docker run x sh -c '$0 -t 1' nsenter")]
    [InlineData("docker run -e N=nsenter x sh -c '$N -t 1'")]
    // paths
    [InlineData("docker run x cat /proc//1/root/etc/shadow")]
    [InlineData("docker run x cat /proc/self/../1/root/etc/shadow")]
    [InlineData("docker run x dd if=/proc/./1/root/etc/shadow")]
    [InlineData("docker run x sh -c 'cd /proc/self && cat ../1/root/etc/shadow'")]
    [InlineData("docker run -w /proc x cat 1/root/etc/shadow")]
    [InlineData("docker run x sh -c 'echo x > /c/release_agent'")]
    [InlineData("docker run x sh -c 'cd /c && echo x >release_agent'")]
    [InlineData("docker run x sh -c 'echo /proc/1/root/etc/shadow | xargs cat'")]
    [InlineData("docker run x sh -c 'cat $(echo /proc/1/root/etc/shadow)'")]
    [InlineData("docker run x grep root /proc/1/root/etc/shadow")]
    [InlineData("docker run x grep -ee /proc/1/root/etc/shadow")]
    [InlineData("docker run -v /:/x -w /x y chroot . sh")]
    [InlineData("docker run -v /:/x -w /x/etc y chroot .. sh")]
    [InlineData("docker run -v /:/x y sh -c 'cd /x && chroot . sh'")]
    [InlineData("docker run -v /:/x y sh -c 'cd /; cd x; chroot .'")]
    [InlineData("docker run -v /:/x y sh -c 'D=/x; chroot $D sh'")]
    [InlineData("docker exec -w /host web chroot . sh")]
    [InlineData("ctr run --cwd /host img c chroot .")]
    public void Leads_out_of_the_container(string line) => Assert.Contains("ESCAPE", Raised(line));

    [Theory]
    [InlineData("docker run x sh -c 'command -v nsenter || apk add util-linux'")]
    [InlineData("docker run x command -pV nsenter")]
    [InlineData("docker run x sh -c 'type nsenter; which nsenter; man nsenter'")]
    [InlineData("docker run x sh -c 'cat <<EOF\nnsenter -t 1\nEOF'")]
    [InlineData("docker run x sh -c 'cat > /x <<-\"EOF\"\n\t$(nsenter -t 1)\n\tEOF\ntrue'")]
    [InlineData("docker run x sh -c 'cat <<< \"nsenter -t 1\"'")]
    [InlineData("docker run x sh -c 'echo nsenter -t 1 | grep sh'")]
    [InlineData("docker run x sh -c 'echo nsenter -t 1; sh'")]
    [InlineData("docker run x sh -c 'echo nsenter -t 1 | sh /x/run.sh'")]
    [InlineData("docker run x sh -c 'echo $(id) nsenter -t 1'")]
    [InlineData("docker run x sh -c 'N=nsenter; echo $N; '\\''$N'\\'' -t 1'")]
    [InlineData("docker run x sh -c '$UNKNOWN -t 1'")]
    [InlineData("docker run x grep release_agent /proc/mounts")]
    [InlineData("docker run x grep -rn -A 3 release_agent /proc/mounts")]
    [InlineData("docker run x sh -c 'grep -e /proc/1/root --regexp=release_agent /x'")]
    [InlineData("docker run x echo /proc/1/root")]
    [InlineData("docker run x sh -c 'echo see /proc/1/root > /tmp/x'")]
    [InlineData("docker run x cat /proc/11/root/etc/passwd /proc/1/../root")]
    [InlineData("docker run -w /srv x chroot . sh")]
    [InlineData("docker run -v /:/x y sh -c 'cd /srv; chroot . sh'")]
    [InlineData("docker run --entrypoint '' x echo nsenter")]
    [InlineData("docker run --entrypoint sleep x nsenter")]
    [InlineData("docker service update --args 'echo nsenter' web")]
    [InlineData("docker run x find / -name nsenter -exec ls '{}' ';'")]
    [InlineData("docker run x su -c 'echo nsenter'")]
    [InlineData("docker run x flock /tmp/nsenter true")]
    public void Does_not(string line) => Assert.DoesNotContain("ESCAPE", Raised(line));

    [Theory]
    [InlineData("docker run x sh -c 'eval cat /proc/1/root'")]
    [InlineData("docker run x find / -exec cat /proc/1/root ';'")]
    [InlineData("docker run x chroot /srv cat /proc/1/root")]
    [InlineData("docker run x sh -c 'sh <<E\n$(cat /proc/1/root)\nE'")]
    public void Is_said_once(string line) => Assert.Single(Read(line).Facts, static fact => fact is { Kind: FactKind.InnerCommand, Value: "/proc/1/root" });

    private static IEnumerable<string> Raised(string line) => RuleSet.Shipped("default").Judge(Read(line)).Indicators.Select(static indicator => indicator.Id);

    private static Invocation Read(string line)
    {
        Argv argv = Argv.Of([.. ShellWords.Split(line)]);
        Invocation invocation = CommandLineReader.Read(Executables.OfPath(argv[0])!, argv, "/srv");
        Assert.Null(invocation.Error);
        return invocation;
    }
}
