using System.Text.RegularExpressions;
using Tallyman.Agent.Tests.CommandLines.Generated;

namespace Tallyman.Agent.Tests.CommandLines.RealTools;

/// <summary>What a tool says to a command line that asks for help.</summary>
internal abstract partial record ToolAnswer
{
    /// <summary>The help of a command, by its canonical words: the flags were accepted.</summary>
    internal sealed record Help(string Command) : ToolAnswer;

    /// <summary>The flags or the command were refused.</summary>
    internal sealed record Refused(string Why) : ToolAnswer;

    /// <summary>A flag was found with this value, and the value is none for it.</summary>
    internal sealed record BadValue(string Flag, string Value) : ToolAnswer;

    /// <summary>The flags were parsed, and then something else did not please it.</summary>
    internal sealed record Silent(string Why) : ToolAnswer;

    public static ToolAnswer Of(Programs.Outcome outcome, GrammarData grammar)
    {
        string text = outcome.Error + outcome.Output;
        Match bad = BadValueText().Match(text);
        if (bad.Success)
        {
            return new BadValue(bad.Groups["flag"].Value, Regex.Unescape(bad.Groups["value"].Value));
        }

        Match refused = RefusedText().Match(text);
        if (refused.Success)
        {
            return new Refused(refused.Value);
        }

        Match unsupported = UnsupportedText().Match(text);
        if (unsupported.Success)
        {
            return new Silent(unsupported.Value);
        }

        Match usage = UsageText(grammar.Tool).Match(outcome.Output);
        return usage.Success ? new Help(CommandOf(usage.Groups["words"].Value, grammar)) : new Refused($"exit code {outcome.ExitCode}: {text}");
    }

    /// <summary>The command whose spelling the usage line begins with.</summary>
    private static string CommandOf(string words, GrammarData grammar)
    {
        string[] parts = words.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (int count = parts.Length; count > 0; count--)
        {
            if (grammar.BySpelling.TryGetValue(string.Join(' ', parts[..count]), out CommandData? command))
            {
                return command.Path;
            }
        }

        return "";
    }

    private static Regex UsageText(string tool) => new(tool == "ctr" ? @"NAME:\s+ctr (?<words>.*)" : $@"Usage:\s+{tool}(?<words>.*)");

    [GeneratedRegex("""invalid (argument|value) "(?<value>.*?)" for ("(-., )?--(?<flag>[^"]*)" flag|flag -+(?<flag>\S+)):""", RegexOptions.Singleline)]
    private static partial Regex BadValueText();

    [GeneratedRegex("is only supported on .*|requires API version.*|unable to resolve docker endpoint.*|specified orchestrator .* is invalid|panic: runtime error.*")]
    private static partial Regex UnsupportedText();

    [GeneratedRegex("""(unknown (flag|shorthand flag|command)|flag needs an argument|bad flag syntax|flag provided but not defined|invalid boolean|is not a docker command|unrecognized command|No help topic).*""")]
    private static partial Regex RefusedText();
}
