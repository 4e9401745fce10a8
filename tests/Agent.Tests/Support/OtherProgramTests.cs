using Tallyman.Agent.Support;
using Xunit;

namespace Tallyman.Agent.Tests.Support;

public sealed class OtherProgramTests
{
    [Theory]
    [InlineData("echo fine", "fine\n")]
    [InlineData("echo a; echo b >&2; exit 3", "a\nb\n(it ended with 3)\n")]
    [InlineData("cat", "")]
    public async Task It_tells_what_a_program_says_and_how_it_ends(string script, string text) =>
        Assert.Equal(text, await new OtherProgram("/bin/sh", TimeSpan.FromMinutes(1)).RunAsync(["-c", script], default));

    [Theory]
    [InlineData("/bin/sh", "exec sleep 1000", 0, "/bin/sh was not done in 0 s")]
    [InlineData("/bin/sh", "while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done", 60, "it says more than 1,048,576 characters")]
    [InlineData("/nowhere/journalctl", "", 60, "there is no /nowhere/journalctl")]
    public async Task One_that_never_ends_or_is_not_there_is_a_sentence(string program, string script, int seconds, string sentence)
    {
        IOException e = await Assert.ThrowsAsync<IOException>(() => new OtherProgram(program, TimeSpan.FromSeconds(seconds)).RunAsync(["-c", script], default));
        Assert.Equal(sentence, e.Message);
    }

    [Fact]
    public async Task One_that_is_no_program_throws_and_does_not_hang() =>
        await Assert.ThrowsAnyAsync<Exception>(() => new OtherProgram("/etc/hostname", TimeSpan.FromMinutes(1)).RunAsync([], default));
}
