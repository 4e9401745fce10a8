using Tallyman.Agent.Redaction;
using Tallyman.Agent.Support;
using Xunit;

namespace Tallyman.Agent.Tests.Support;

public sealed class BundleTextTests
{
    private readonly BundleText _text = new(Redactor.With(SecretHash.OfThisProcess(), ["FROBNICATOR"]));

    [Theory]
    [InlineData("2026-11-22 host tallyman[1]: cannot reach https://ann:hunter2@a.example:7610")]
    [InlineData("collectors: [https://ann:hunter2@a.example, http://b]")]
    [InlineData("docker login --password hunter2 registry.example")]
    [InlineData("FROBNICATOR=hunter2")]
    [InlineData("TALLYMAN__STATE=/a\nDB_PASSWORD=hunter2\n")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nhunter2\nhunter2\n-----END PRIVATE KEY-----")]
    [InlineData("{\"token\":\"hunter2\"}")]
    public void A_secret_in_a_text_is_gone(string text)
    {
        Assert.DoesNotContain("hunter2", _text.Of(text), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", _text.Of(text, isLog: true), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", _text.OfYaml(text), StringComparison.Ordinal);
        Assert.Contains("redacted", _text.Of(text), StringComparison.Ordinal);
    }

    [Fact]
    public void A_mark_is_no_secret_again() =>
        Assert.Matches(@"^a=\[redacted:[0-9a-f]{12}\] FROBNICATOR=\[redacted:[0-9a-f]{12}\]\ntoken: \[redacted:[0-9a-f]{12}\]$", _text.Of(_text.Of("a=ghp_0123456789abcdef0123 FROBNICATOR=hunter2\ntoken: hunter2")));

    [Fact]
    public void What_is_no_secret_stays_as_it_is()
    {
        const string Yaml = "# where alerts go\ncollectors: ['https://a.example:7610']\ntls:\n  key: /etc/tallyman/agent.key\nredaction:\n  secret_names: [ACME_LICENCE]\nexceptions:\n  - name: dind\n    match: {image: \"docker:*-dind\"}\n";
        Assert.Equal(Yaml, _text.OfYaml(Yaml));
    }

    [Fact]
    public void Nothing_that_a_terminal_would_obey_comes_out() =>
        Assert.Equal("a\n\\x1b[2Jb\\u{202e}c", _text.Of("a\r\n\u001b[2Jb\u202ec"));

    [Fact]
    public void A_log_keeps_its_end_and_a_file_its_beginning()
    {
        string text = $"first\n{new string('x', BundleText.Longest)}\nlast";

        Assert.EndsWith("\nlast", _text.Of(text, isLog: true), StringComparison.Ordinal);
        Assert.StartsWith("(what came before is left out)\n", _text.Of(text, isLog: true), StringComparison.Ordinal);
        Assert.StartsWith("first\n", _text.Of(text), StringComparison.Ordinal);
        Assert.EndsWith("\n(what follows is left out)\n", _text.Of(text), StringComparison.Ordinal);
        Assert.DoesNotContain("last", _text.Of(text), StringComparison.Ordinal);
    }
}
