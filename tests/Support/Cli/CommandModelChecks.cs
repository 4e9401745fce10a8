using System.CommandLine;
using System.Text.RegularExpressions;
using Tallyman.Cli;
using Xunit;

namespace Tallyman.Tests.Support;

/// <summary>Help, completions and the manual of a program, as people get them: they are made of one model and have to tell the same.</summary>
/// <param name="program">Its file.</param>
internal sealed partial class CommandModelChecks(string name, string program, RootCommand root)
{
    public void HaveTheSameOptions(string path)
    {
        string[] words = path.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] help = [.. Flag().Matches(OptionsOf(Programs.Run(program, [.. words, "--help"]).Output)).Select(static match => match.Groups[1].Value).Order(StringComparer.Ordinal)];

        Assert.NotEmpty(help);
        Assert.Equal(help, ManualOf(path));
        Assert.Equal(help, CompletionOf(words, "--"));
    }

    public void FishAndZshKnowEveryCommand()
    {
        string fish = Programs.Run(program, "completion", "fish").Output;
        Assert.All(CommandModel.Of(root).Where(static command => command.Path.Length > 0), command =>
            Assert.Contains($" -a {command.Path.Split(' ')[^1]} ", fish, StringComparison.Ordinal));
        Assert.StartsWith($"#compdef {name}\n", Programs.Run(program, "completion", "zsh").Output, StringComparison.Ordinal);
        Assert.Equal(64, Programs.Run(program, "completion", "tcsh").ExitCode);
    }

    public void ThePageIsWellFormed(params string[] section)
    {
        string page = Programs.Run(program, ["man", .. section]).Output;
        Assert.StartsWith(".TH ", page, StringComparison.Ordinal);
        Assert.All(page.TrimEnd('\n').Split('\n'), static line => Assert.Matches(@"^(\.(TH|SH|SS|PP|TP|B|EX|EE)\b|[^.'])", line));
        Assert.Equal(64, Programs.Run(program, "man", "7").ExitCode);
    }

    public string[] CompletionOf(string[] before, string word)
    {
        string script = ShellCompletion.Of("bash", name, root)
            + $"COMP_WORDS=({name} {string.Join(' ', before)} '{word}'); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _{name.Replace('-', '_')}; printf '%s\\n' \"${{COMPREPLY[@]}}\"";
        return [.. Programs.Run("bash", "-c", script).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];
    }

    private static string OptionsOf(string help) => help[(help.IndexOf("\nOptions:", StringComparison.Ordinal) + 1)..].Split("\n\n")[0];

    private string[] ManualOf(string path)
    {
        string page = Programs.Run(program, "man").Output.Replace("\\-", "-", StringComparison.Ordinal);
        string section = Regex.Split(page, "^\\.S[SH] ", RegexOptions.Multiline).Single(section => Regex.IsMatch(section, $"^{name} {Regex.Escape(path)}".TrimEnd() + "( <[^>]*>)*\n") && section.Contains(".TP", StringComparison.Ordinal));
        return [.. Regex.Matches(section, "^\\.B (--[a-z-]+)", RegexOptions.Multiline).Select(static match => match.Groups[1].Value).Order(StringComparer.Ordinal)];
    }

    [GeneratedRegex("^  (?:-., )*(--[a-z-]+)", RegexOptions.Multiline)]
    private static partial Regex Flag();
}
