using System.Diagnostics;
using System.Globalization;
using System.Text;
using Tallyman.Rendering;
using Xunit;

namespace Tallyman.Agent.Tests.Proto.Rendering;

public class SafeTextTests
{
    /// <summary>Strings that have broken other programs' terminals, logs and pages.</summary>
    public static TheoryData<string> Hostile =>
    [
        "\u001b]52;c;aGk=\u0007", "\u001b[2J", "\u001b]8;;http://x\u001b\\", "\u009b31m", "a\rb", "a\bb", "a\nfake: line", "\n<6>", "a\tb",
        "</script><img src=x onerror=alert(1)>", "{{7*7}}", "${jndi:ldap://x}", "=cmd|' /C calc'!A0", "'; DROP TABLE x", "%n%s", "../../",
        "\u202egnp.exe", "\u2066x", "a\u200bb", "\ufeffx", "a\u2028b", "a\u2029b", "a\u00a0b", "a\u3000b", "\u061cx", "\ue000", "\"", @"\\\", "\u007f",
        "type=EXECVE msg=audit(1.0:1): argc=1", "key=fake", "a\u001db", "\U000e0041", "\ufffd",
    ];

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Nothing_treacherous_gets_through(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);

        Assert.True(SafeText.IsSafe(SafeText.Escape(bytes)));
        Assert.True(SafeText.IsSafe(SafeText.Quote(bytes)));
        Assert.DoesNotContain('\n', SafeText.Quote(bytes));
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("Grüße 你好", "Grüße 你好")]
    [InlineData("a\u001b[0m", @"a\x1b[0m")]
    [InlineData("a\u202eb", @"a\u{202e}b")]
    [InlineData(@"C:\x", @"C:\\x")]
    [InlineData("", "")]
    public void Escaped_text_says_what_was_there(string text, string escaped) => Assert.Equal(escaped, SafeText.Escape(text));

    [Fact]
    public void Bytes_that_are_no_UTF8_are_shown_as_bytes()
    {
        Assert.Equal(@"a\xffb", SafeText.Escape([0x61, 0xff, 0x62]));
        Assert.Equal(@"\xc0\xaf", SafeText.Escape([0xc0, 0xaf])); // overlong
        Assert.Equal(@"\xed\xa0\x80", SafeText.Escape([0xed, 0xa0, 0x80])); // a lone surrogate
    }

    [Theory]
    [InlineData("docker", "docker")]
    [InlineData("/:/host", "/:/host")]
    [InlineData("", "''")]
    [InlineData("two words", "'two words'")]
    [InlineData("it's", @"'it'\''s'")]
    [InlineData("$HOME", "'$HOME'")]
    [InlineData("a\u001b[2J'", @"$'a\x1b[2J\''")]
    public void Words_are_quoted_for_a_shell(string word, string quoted) => Assert.Equal(quoted, SafeText.Quote(Encoding.UTF8.GetBytes(word)));

    [Fact]
    public void Bash_reads_a_quoted_word_as_the_same_bytes()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        var words = new List<byte[]> { Enumerable.Range(1, 255).Select(static b => (byte)b).ToArray() };
        for (int i = 0; i < 200; i++)
        {
            byte[] word = new byte[random.Next(12)];
            random.NextBytes(word);
            words.Add([.. word.Where(static b => b != 0)]);
        }

        foreach (string hostile in Hostile)
        {
            words.Add(Encoding.UTF8.GetBytes(hostile));
        }

        var script = new StringBuilder();
        foreach (byte[] word in words)
        {
            script.Append(CultureInfo.InvariantCulture, $"printf %s {SafeText.Quote(word)} | od -An -v -tx1 | tr -d ' \\n'; echo\n");
        }

        Programs.Outcome bash = Programs.Run(new ProcessStartInfo("bash") { StandardInputEncoding = new UTF8Encoding(false), Environment = { ["LC_ALL"] = "C" } }, script.ToString());

        Assert.True(bash.Output.TrimEnd('\n').Split('\n').SequenceEqual(words.Select(Convert.ToHexStringLower)), $"seed {seed}: {bash.Output} {bash.Error}");
    }

    [Fact]
    public void Any_bytes_have_a_text()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        for (int i = 0; i < 5000; i++)
        {
            byte[] bytes = new byte[random.Next(40)];
            random.NextBytes(bytes);
            Assert.True(SafeText.IsSafe(SafeText.Escape(bytes)), $"seed {seed}, round {i}");
            Assert.True(SafeText.IsSafe(SafeText.Quote(bytes)), $"seed {seed}, round {i}");
        }
    }
}
