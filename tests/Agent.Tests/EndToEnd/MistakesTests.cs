using System.Diagnostics;
using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>Both programs as somebody meets them who types something wrong: what is wrong and what to do, on one line for each mistake.</summary>
public sealed class MistakesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    // verbs
    [InlineData("$tallyman", 64, "tallyman: a command is missing: run, replay, ")]
    [InlineData("$tallyman stauts", 64, "tallyman: there is no command stauts: did you mean status?\n")]
    [InlineData("$tallyman frobnicate", 64, "tallyman: there is no command frobnicate: tallyman --help tells what it has\n")]
    [InlineData("$tallyman ''", 64, "there is no command '': tallyman --help")]
    [InlineData("$tallyman -- status", 64, "there is no command status: behind -- there are arguments only\n")]
    [InlineData("$tallyman @status", 64, "there is no command @status: did you mean status?\n")]
    [InlineData("$tallyman spool", 64, "tallyman: a command is missing: inspect, verify or export: tallyman spool --help tells of them\n")]
    [InlineData("$tallyman spool inspct", 64, "tallyman: spool has no command inspct: did you mean inspect?\n")]
    [InlineData("$collector exprot", 64, "tallyman-collector: there is no command exprot: did you mean export?\n")]
    // options
    [InlineData("$tallyman run --prit text", 64, "tallyman: run has no option --prit: did you mean --print?\n")]
    [InlineData("$tallyman run --frobnicate", 64, "tallyman: run has no option --frobnicate: tallyman run --help tells what it has\n")]
    [InlineData("$tallyman run text", 64, "tallyman: run has no argument text: ")]
    [InlineData("$tallyman rules explain --al", 64, "tallyman: rules explain has no option --al: ")]
    [InlineData("$tallyman completion --zsh", 64, "tallyman: completion has no option --zsh: ")]
    [InlineData("$tallyman score --jsn docker ps", 64, "tallyman: score has no option --jsn: did you mean --json?\n")]
    [InlineData("$collector export --formt json", 64, "tallyman-collector: export has no option --formt: did you mean --format?\n")]
    // values
    [InlineData("$tallyman run --print", 64, "tallyman: --print needs a value: --print none|text|json\n")]
    [InlineData("$tallyman run --print tex", 64, "tallyman: --print must be none, text or json, is 'tex': did you mean text?\n")]
    [InlineData("$tallyman run --print text --print json", 64, "tallyman: Option '--print' expects a single argument but 2 were provided.\n")]
    [InlineData("$tallyman run --spool-size 1", 64, "tallyman: --spool-size must be 16MiB to 1TiB, like 256MiB, is '1'\n")]
    [InlineData("$tallyman completion bsh", 64, "tallyman: SHELL must be bash, fish or zsh, is 'bsh': did you mean bash?\n")]
    [InlineData("$tallyman rules explain", 64, "tallyman: rules explain needs INDICATOR, as in: tallyman rules explain ")]
    [InlineData("$tallyman rules explain PRIVILEGD", 64, "tallyman: there is no indicator PRIVILEGD: did you mean PRIVILEGED?\n")]
    [InlineData("$collector export alerst", 64, "is 'alerst': did you mean alerts?\n")]
    [InlineData("$collector forward", 64, "tallyman-collector: Option '--to' is required.\n")]
    [InlineData("$collector serve --keep-days soon", 64, "tallyman-collector: --keep-days must be a whole number, is 'soon'\n")]
    [InlineData("$collector serve --data ''", 64, "tallyman-collector: --data must name a file or a directory, and is empty\n")]
    [InlineData("$tallyman tail --last 1000", 64, "tallyman: --last must be a number up to 100, is '1000'\n")]
    [InlineData("$tallyman tail --min-severity low", 64, "tallyman: --min-severity must be medium, high or critical, is 'low'")]
    [InlineData("$tallyman explain", 64, "tallyman: explain needs ALERT, as in: tallyman explain ")]
    [InlineData("$tallyman learn --since soon", 64, "tallyman: --since must be a time like 30m, 24h or 7d, is 'soon'\n")]
    [InlineData("$tallyman learn --from x --since 1h", 64, "tallyman: --from and --since are two ways to say what to learn from: give one\n")]
    [InlineData("$tallyman learn --least 0", 64, "tallyman: --least must be a number from 1 on, is '0'\n")]
    // agents and files that are not there
    [InlineData("$tallyman tail --state /nowhere", 69, "tallyman: no agent answers at /nowhere/tallyman.sock: ")]
    [InlineData("$tallyman selftest --state /nowhere", 69, "tallyman: no agent answers at /nowhere/tallyman.sock: ")]
    [InlineData("$tallyman explain --state /nowhere q6bz", 69, "tallyman: no alert q6bz is among ")]
    [InlineData("$tallyman explain ./nowhere.json", 69, "tallyman: ./nowhere.json cannot be read: ")]
    [InlineData("$tallyman explain .", 64, "tallyman: . is a directory: ")]
    [InlineData("$tallyman learn --from /bin/true", 65, "tallyman: /bin/true:1 is no alert in JSON ")]
    [InlineData("$tallyman learn --state /nowhere", 69, "tallyman: there is no history of alerts in /nowhere: ")]
    [InlineData("echo '{\"id\":1,\"alert\":true}' | $tallyman explain -", 65, "tallyman: -:1 is no alert in JSON ")]
    [InlineData("echo '{}' | $tallyman explain -", 65, "tallyman: there is no alert in -\n")]
    // what a terminal would obey, and what has no end
    [InlineData("$tallyman $'\\e[2J'", 64, @"there is no command \x1b[2J: ")]
    [InlineData("$tallyman run --print $'\\e[2J'", 64, @"is '\x1b[2J'")]
    [InlineData("$tallyman run --collector $'http://\\e[2J'", 64, @"is 'http://\x1b[2J'")]
    [InlineData("$tallyman status --state $'\\e[2J'", 2, @"no agent answers at \x1b[2J/tallyman.sock: ")]
    [InlineData("$tallyman spool inspect --state $'\\e[2J'", 69, @"\x1b[2J/spool.db does not exist")]
    [InlineData("$collector serve --listen $'\\e[2J'", 64, @"is '\x1b[2J'")]
    [InlineData("$tallyman $long", 64, "there is no command xxx")]
    [InlineData("$tallyman run --print $long", 64, "tallyman: --print must be none, text or json, is 'xxx")]
    // files
    [InlineData("$tallyman config show --config nowhere.yaml", 78, "/nowhere.yaml does not exist\n")]
    [InlineData("$tallyman config show --config .", 78, " is a directory: name a file in it\n")]
    [InlineData("$tallyman config show --config /dev/zero", 78, "tallyman: /dev/zero is a pipe or a device, which cannot be read again and again: name a file\n")]
    [InlineData("$tallyman config show --config <(echo 'print: text')", 78, " is a pipe or a device, which cannot be read again and again: name a file\n")]
    [InlineData("$tallyman config show --config large.yaml", 78, "/large.yaml must have at most 1048576 bytes, has 2000000\n")]
    [InlineData("$tallyman config show --config /bin/true", 78, "tallyman: /bin/true:1: ")]
    [InlineData("$tallyman rules list --rules-directory large.yaml", 78, "tallyman: the rules of this site must be in a directory, ")]
    [InlineData("mkdir r && mkfifo r/a.yaml && $tallyman rules list --rules-directory $PWD/r", 78, "/r/a.yaml is a pipe or a device, which cannot be read again and again: name a file\n")]
    [InlineData("$nobody $all/tallyman config show --config secret/tallyman.yaml", 78, "/tallyman.yaml cannot be read by this user: try sudo\n")]
    [InlineData("$nobody $all/tallyman spool inspect --state secret", 77, "tallyman: secret is not to be read by this user: try sudo\n")]
    [InlineData("$nobody $all/tallyman-collector export --data secret", 77, "tallyman-collector: secret/tallyman.db cannot be opened by this user: try sudo, or name another directory with --data\n")]
    [InlineData("$nobody $all/tallyman-collector serve --data secret --listen http://127.0.0.1:0", 77, "tallyman-collector: secret/tallyman.db cannot be opened by this user: ")]
    [InlineData("$nobody $all/tallyman-collector serve --data open/data --listen http://127.0.0.1:80", 77, "tallyman-collector: cannot listen on 127.0.0.1:80: ports below 1024 take root or CAP_NET_BIND_SERVICE: name another with --listen\n")]
    [InlineData("$collector serve --data $PWD --listen http://192.0.2.1:7610 --insecure", 69, "tallyman-collector: cannot listen on 192.0.2.1:7610: Cannot assign requested address\n")]
    public void Are_told_with_what_to_do(string line, int code, string message)
    {
        foreach (string open in new[] { _directory.Path, Directory.CreateDirectory(_directory.File("open")).FullName })
        {
            File.SetUnixFileMode(open, (UnixFileMode)0b111_111_111);
        }

        Directory.CreateDirectory(_directory.File("secret"), (UnixFileMode)0b111_000_000);
        File.WriteAllText(_directory.File("secret/tallyman.yaml"), "print: text");
        File.WriteAllBytes(_directory.File("large.yaml"), new byte[2_000_000]);

        Programs.Outcome outcome = Programs.Run(new ProcessStartInfo("timeout", ["--signal=KILL", "60", "bash", "-c", line])
        {
            WorkingDirectory = _directory.Path,
            Environment =
            {
                ["tallyman"] = Programs.Agent,
                ["all"] = Path.GetDirectoryName(Programs.AgentForAll),
                ["collector"] = Programs.Collector,
                ["nobody"] = "setpriv --reuid=65534 --regid=65534 --clear-groups",
                ["long"] = new string('x', 100_000),
            },
        });

        Assert.True(code == outcome.ExitCode, $"{line} ended with {outcome.ExitCode}: {outcome.Error}");
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.Empty(outcome.Output);
        Assert.Equal(1, outcome.Error.Count(static c => c == '\n'));
        Assert.True(outcome.Error.Length < 2000, outcome.Error);
        Assert.DoesNotContain('\x1b', outcome.Error);
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("$tallyman help spool inspect")]
    [InlineData("$tallyman spool inspect --help")]
    [InlineData("$tallyman spool inspect -h")]
    [InlineData("$tallyman spool inspect --nonsense --help")]
    public void Help_is_had_in_every_way_that_people_ask_for_it(string line)
    {
        Programs.Outcome outcome = Programs.Run(new ProcessStartInfo("bash", ["-c", line]) { Environment = { ["tallyman"] = Programs.Agent } });

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Contains("  tallyman spool inspect --state /tmp/state\n", outcome.Output, StringComparison.Ordinal);
    }
}
