using Tallyman.Cli;
using Tallyman.Collector.Cli;
using Xunit;

namespace Tallyman.Collector.Tests.Cli;

public class CommandModelTests
{
    private readonly CommandModelChecks _collector = new("tallyman-collector", Programs.Collector, Commands.Root());

    public static TheoryData<string> Paths => [.. CommandModel.Of(Commands.Root()).Select(static command => command.Path)];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Help_manual_and_completion_have_the_same_options(string path) => _collector.HaveTheSameOptions(path);

    [Theory]
    [InlineData("", "", "--help --version completion export forward man serve")]
    [InlineData("serve", "--tls-c", "--tls-cert --tls-client-ca")]
    [InlineData("export --format", "o", "ocsf otlp")]
    [InlineData("forward --to", "", "otlp splunk sumo")]
    public void A_shell_completes_what_may_stand_there(string before, string word, string words) =>
        Assert.Equal(words.Split(' '), _collector.CompletionOf(before.Split(' ', StringSplitOptions.RemoveEmptyEntries), word));

    [Fact]
    public void Fish_and_zsh_are_told_of_every_command_too() => _collector.FishAndZshKnowEveryCommand();

    [Fact]
    public void The_manual_is_well_formed_and_says_where_things_are()
    {
        _collector.ThePageIsWellFormed();
        Assert.Contains("/var/lib/tallyman\\-collector/tallyman.db", Programs.Run(Programs.Collector, "man", "8").Output, StringComparison.Ordinal);
    }
}
