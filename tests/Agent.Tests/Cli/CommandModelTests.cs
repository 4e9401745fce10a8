using Tallyman.Agent.Cli;
using Tallyman.Cli;
using Xunit;

namespace Tallyman.Agent.Tests.Cli;

public class CommandModelTests
{
    private readonly CommandModelChecks _agent = new("tallyman", Programs.Agent, Commands.Root());

    public static TheoryData<string> Paths => [.. CommandModel.Of(Commands.Root()).Select(static command => command.Path)];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Help_manual_and_completion_have_the_same_options(string path) => _agent.HaveTheSameOptions(path);

    [Theory]
    [InlineData("", "sp", "spool")]
    [InlineData("spool", "", "--help export inspect verify")]
    [InlineData("run", "--sp", "--spool-size")]
    [InlineData("run --print", "", "json none text")]
    [InlineData("run --state /x --profile", "p", "published")]
    [InlineData("config show", "--or", "--origin")]
    [InlineData("completion", "", "--help")]
    public void A_shell_completes_what_may_stand_there(string before, string word, string words) =>
        Assert.Equal(words.Split(' '), _agent.CompletionOf(before.Split(' ', StringSplitOptions.RemoveEmptyEntries), word));

    [Fact]
    public void Fish_and_zsh_are_told_of_every_command_too()
    {
        _agent.FishAndZshKnowEveryCommand();
        Assert.Contains("complete -c tallyman -n '__fish_seen_subcommand_from run' -l print -x -a 'none text json'", Programs.Run(Programs.Agent, "completion", "fish").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("8")]
    [InlineData("5")]
    public void A_page_of_the_manual_is_well_formed(string section) => _agent.ThePageIsWellFormed(section);
}
