using Tallyman.Agent.Support;
using Xunit;

namespace Tallyman.Agent.Tests.Support;

public sealed class YamlSecretsTests
{
    [Theory]
    [InlineData("state: /a\nprint: text", "state: /a\nprint: text")]
    [InlineData("secret: x\nprint: text", "secret: '[redacted]'\nprint: text")]
    [InlineData("# secret: x", "# secret: '[redacted]'")]
    [InlineData("# the secret is below\nprint: text", "# the secret is below\nprint: text")]
    [InlineData("secret:\n- x\n- y\nprint: text", "secret:\n- '[redacted]'\n- '[redacted]'\nprint: text")]
    [InlineData("secret: |\n  x\n\n    y\nprint: text", "secret: '[redacted]'\n  '[redacted]'\n\n    '[redacted]'\nprint: text")]
    [InlineData("- secret: x\n  name: y\n- name: z", "- secret: '[redacted]'\n  name: y\n- name: z")]
    [InlineData("a:\n  secret: \"x\n    y\"\n  b: c", "a:\n  secret: '[redacted]'\n    '[redacted]'\n  b: c")]
    [InlineData("secret:\n  deeper:\n    x: y\nb: c", "secret:\n  '[redacted]'\n    '[redacted]'\nb: c")]
    [InlineData("secret:\nb: c", "secret:\nb: c")]
    public void What_stands_under_a_name_that_says_so_is_gone(string yaml, string redacted) =>
        Assert.Equal(redacted, YamlSecrets.Redact(yaml, static name => name == "secret"));

    [Fact]
    public void Any_text_has_as_many_lines_as_before()
    {
        for (int seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            string text = new([.. random.GetItems("secret: -#|'\"\n\t\u2028".AsSpan(), random.Next(80))]);

            string redacted = YamlSecrets.Redact(text, static name => name.Contains('s', StringComparison.Ordinal));

            Assert.True(text.ReplaceLineEndings("\n").Count(static c => c == '\n') == redacted.Count(static c => c == '\n'), $"seed {seed}");
        }
    }
}
