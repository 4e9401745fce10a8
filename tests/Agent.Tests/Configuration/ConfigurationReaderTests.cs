using System.Collections;
using Tallyman.Agent.Configuration;
using Xunit;

namespace Tallyman.Agent.Tests.Configuration;

public sealed class ConfigurationReaderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, string> _environment = [];
    private readonly Dictionary<string, Given> _flags = [];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Without_anything_the_defaults_are_in_force()
    {
        AgentConfiguration configuration = Read();

        Assert.Equal("auto", configuration.Of(Settings.Source));
        Assert.Equal(256L * 1024 * 1024, configuration.Of(Settings.SpoolSize));
        Assert.Empty(configuration.Of(Settings.Collectors));
        Assert.Null(configuration.Of(Settings.TlsKey));
        Assert.Equal("default", configuration.OriginOf(Settings.Source));
    }

    [Fact]
    public void Who_looks_into_what_is_wrong_gets_what_is_not()
    {
        Write("etc/tallyman.yaml", "sorce: auditd\nstate: /b\nprint: loudly");
        _environment["TALLYMAN__REDACTION__SECRET_NAMES"] = "ACME";

        Assert.Throws<ConfigurationException>(() => Read());
        AgentConfiguration sound = Reader().ReadWhatIsSound();

        Assert.Equal(("/b", "none"), (sound.Of(Settings.State), sound.Of(Settings.Print)));
        Assert.Equal("ACME", Assert.Single(sound.Of(Settings.SecretNames)));
    }

    [Fact]
    public void What_comes_later_goes_before_what_came_earlier()
    {
        Write("usr/50-vendor.yaml", "source: auditd\nprint: text\nprofile: published\nstate: /a\nspool:\n  size: 16MiB\ncollectors: [http://127.0.0.1:1, http://127.0.0.1:2]");
        Write("etc/tallyman.yaml", "print: json\nprofile: default\nstate: /b\nspool:\n  size: 17MiB");
        Write("conf.d/20-b.yaml", "state: /d\nspool: {size: 19MiB}");
        Write("conf.d/10-a.yaml", "profile: published\nstate: /c\nspool: {size: 18MiB}\ncollectors: http://127.0.0.1:3");
        _environment["TALLYMAN__SPOOL__SIZE"] = "20MiB";
        _environment["TALLYMAN__REDACTION__SECRET_NAMES"] = "ACME, BETA";
        _flags["spool.size"] = new Given(["21MiB"], "--spool-size");

        AgentConfiguration configuration = Read();

        Assert.Equal(("auditd", At("usr/50-vendor.yaml", 1)), (configuration.Of(Settings.Source), configuration.OriginOf(Settings.Source)));
        Assert.Equal(("json", At("etc/tallyman.yaml", 1)), (configuration.Of(Settings.Print), configuration.OriginOf(Settings.Print)));
        Assert.Equal(("published", At("conf.d/10-a.yaml", 1)), (configuration.Of(Settings.Profile), configuration.OriginOf(Settings.Profile)));
        Assert.Equal(("/d", At("conf.d/20-b.yaml", 1)), (configuration.Of(Settings.State), configuration.OriginOf(Settings.State)));
        Assert.Equal((21L * 1024 * 1024, "--spool-size"), (configuration.Of(Settings.SpoolSize), configuration.OriginOf(Settings.SpoolSize)));
        Assert.Equal("http://127.0.0.1:3", Assert.Single(configuration.Of(Settings.Collectors))); // a list is replaced
        Assert.Equal("ACME BETA", string.Join(' ', configuration.Of(Settings.SecretNames)));
        Assert.Equal("TALLYMAN__REDACTION__SECRET_NAMES", configuration.OriginOf(Settings.SecretNames));
    }

    [Fact]
    public void Exceptions_of_all_files_add_up()
    {
        Write("usr/a.yaml", "exceptions: [{name: one}]");
        Write("conf.d/b.yaml", "exceptions:\n  - name: two\n  - name: three");

        Assert.Equal(["usr/a.yaml:1", "conf.d/b.yaml:2", "conf.d/b.yaml:3"], Read().Exceptions.Select(each => $"{Path.GetRelativePath(_directory.Path, each.File)}:{each.Node.Line}"));
    }

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once_with_its_place()
    {
        Write("etc/tallyman.yaml", "sorce: auto\nspool:\n  size: 1MiB\n  sise: 16MiB\nprint: loudly\ncollectors: [[a]]\ntls: yes\nstate: relative\nsize: 16MiB");
        Write("conf.d/bad.yaml", "a: b\n  c: d");
        _environment["TALLYMAN__SPOOL__SIZ"] = "1GiB";
        _environment["TALLYMAN__SOURCE"] = "dtrace";

        var e = Assert.Throws<ConfigurationException>(Read);

        string main = _directory.File("etc/tallyman.yaml");
        Assert.Equal(
            [
                $"{main}:1: there is no setting sorce: did you mean source?",
                $"{main}:3: spool.size must be 16MiB to 1TiB, like 256MiB, is '1MiB'",
                $"{main}:4: there is no setting spool.sise: did you mean spool.size?",
                $"{main}:5: print must be none, text or json, is 'loudly'",
                $"{main}:6: collectors must be a list, each an address like https://alerts.example:7610",
                $"{main}:7: tls must have keys and values, like cert: …",
                $"{main}:8: state must be the absolute path of a file or a directory, is 'relative'",
                $"{main}:9: there is no setting size: did you mean spool.size?",
            ],
            e.Errors.Take(8));
        Assert.StartsWith(_directory.File("conf.d/bad.yaml") + ":2: ", e.Errors[8], StringComparison.Ordinal);
        Assert.Equal(
            ["TALLYMAN__SOURCE must be auto, ebpf or auditd, is 'dtrace'", "there is no setting TALLYMAN__SPOOL__SIZ: did you mean TALLYMAN__SPOOL__SIZE?"],
            e.Errors.Skip(9).Order());
        Assert.Equal(78, e.ExitCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("tls:\nspool:\n  # size: 1GiB\nexceptions:\n")]
    public void A_file_may_say_nothing(string text)
    {
        Write("etc/tallyman.yaml", text);
        Assert.Empty(Read().Values);
    }

    [Theory]
    [InlineData("- a\n", "the file must have keys and values")]
    [InlineData("print: [text]\n", "print must be none, text or json")]
    [InlineData("print: {a: b}\n", "print must be none, text or json")]
    [InlineData("insecure: yes\n", "insecure must be true or false, is 'yes'")]
    [InlineData("exceptions: none\n", "exceptions must be a list")]
    [InlineData("print: text\nprint: json\n", "the key print stands twice")]
    [InlineData("\"\\e[2J\": 1\n", "there is no setting \\x1b[2J")]
    [InlineData("collectors: ['']\n", "collectors must each be an address like https://alerts.example:7610, one is ''")]
    public void A_mistake_is_said_in_words(string text, string message)
    {
        Write("etc/tallyman.yaml", text);
        Assert.Contains(message, Assert.Single(Assert.Throws<ConfigurationException>(Read).Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_was_named_must_be_there()
    {
        var e = Assert.Throws<ConfigurationException>(() => new ConfigurationReader(ConfigurationPlaces.Of(_directory.File("none.yaml")), null, _flags).Read());
        Assert.Contains("none.yaml", Assert.Single(e.Errors), StringComparison.Ordinal);
    }

    private AgentConfiguration Read() => Reader().Read();

    private ConfigurationReader Reader() =>
        new(new ConfigurationPlaces([.. new[] { _directory.File("etc/tallyman.yaml") }.Where(File.Exists)], [_directory.File("usr"), _directory.File("conf.d")]), (IDictionary)_environment, _flags);

    private void Write(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_directory.File(file))!);
        File.WriteAllText(_directory.File(file), text);
    }

    private string At(string file, int line) => $"{_directory.File(file)}:{line}";
}
