using System.CommandLine;
using System.Text.RegularExpressions;
using Tallyman.Agent.Cli;
using Tallyman.Cli;
using Xunit;

namespace Tallyman.Agent.Tests.Cli;

/// <summary>Help, completions and manual pages are made of one model and tell the same.</summary>
public sealed partial class CommandModelTests
{
    public static TheoryData<string> Paths => [.. CommandModel.Of(Commands.Root()).Select(static command => command.Path)];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Help_manual_and_completion_have_the_same_options(string path)
    {
        string[] words = path.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] help = [.. Flag().Matches(OptionsOf(Programs.Run(Programs.Agent, [.. words, "--help"]).Output)).Select(static match => match.Groups[1].Value).Order(StringComparer.Ordinal)];

        Assert.NotEmpty(help);
        Assert.Equal(help, ManualOf(path));
        Assert.Equal(help, CompletionOf(words, "--"));
    }

    [Theory]
    [InlineData("", "sp", "spool")]
    [InlineData("spool", "", "--help export inspect verify")]
    [InlineData("run", "--sp", "--spool-size")]
    [InlineData("run --print", "", "json none text")]
    [InlineData("run --state /x --profile", "p", "published")]
    [InlineData("config show", "--or", "--origin")]
    [InlineData("completion", "", "--help")]
    public void A_shell_completes_what_may_stand_there(string before, string word, string words) =>
        Assert.Equal(words.Split(' '), CompletionOf(before.Split(' ', StringSplitOptions.RemoveEmptyEntries), word));

    [Fact]
    public void Fish_and_zsh_are_told_of_every_command_too()
    {
        string fish = Programs.Run(Programs.Agent, "completion", "fish").Output;
        Assert.All(CommandModel.Of(Commands.Root()).Where(static command => command.Path.Length > 0), command =>
            Assert.Contains($" -a {command.Path.Split(' ')[^1]} ", fish, StringComparison.Ordinal));
        Assert.Contains("complete -c tallyman -n '__fish_seen_subcommand_from run' -l print -x -a 'none text json'", fish, StringComparison.Ordinal);
        Assert.StartsWith("#compdef tallyman\n", Programs.Run(Programs.Agent, "completion", "zsh").Output, StringComparison.Ordinal);
        Assert.Equal(64, Programs.Run(Programs.Agent, "completion", "tcsh").ExitCode);
    }

    [Theory]
    [InlineData("8")]
    [InlineData("5")]
    public void A_page_of_the_manual_is_well_formed(string section)
    {
        string page = Programs.Run(Programs.Agent, "man", section).Output;
        Assert.StartsWith(".TH ", page, StringComparison.Ordinal);
        Assert.All(page.TrimEnd('\n').Split('\n'), static line => Assert.Matches(@"^(\.(TH|SH|SS|PP|TP|B|EX|EE)\b|[^.'])", line));
        Assert.Equal(64, Programs.Run(Programs.Agent, "man", "7").ExitCode);
    }

    private static string OptionsOf(string help) => help[(help.IndexOf("\nOptions:", StringComparison.Ordinal) + 1)..].Split("\n\n")[0];

    private static string[] ManualOf(string path)
    {
        string page = ManCommand.PageOf(Commands.Root(), 8).ToString().Replace("\\-", "-", StringComparison.Ordinal);
        string section = Regex.Split(page, "^\\.S[SH] ", RegexOptions.Multiline).Single(section => Regex.IsMatch(section, $"^tallyman {Regex.Escape(path)}".TrimEnd() + "( <[^>]*>)*\n") && section.Contains(".TP", StringComparison.Ordinal));
        return [.. Regex.Matches(section, "^\\.B (--[a-z-]+)", RegexOptions.Multiline).Select(static match => match.Groups[1].Value).Order(StringComparer.Ordinal)];
    }

    private static string[] CompletionOf(string[] before, string word)
    {
        string script = ShellCompletion.Of("bash", "tallyman", Commands.Root())
            + $"COMP_WORDS=(tallyman {string.Join(' ', before)} '{word}'); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _tallyman; printf '%s\\n' \"${{COMPREPLY[@]}}\"";
        return [.. Programs.Run("bash", "-c", script).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];
    }

    [GeneratedRegex("(--[a-z-]+)(?= <|  |$)", RegexOptions.Multiline)]
    private static partial Regex Flag();
}
