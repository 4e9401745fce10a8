using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Tallyman.Rendering;

namespace Tallyman.Cli;

/// <summary>
/// What is wrong with a command line, in sentences that say what to do. Those of System.CommandLine itself do not, go half to standard output,
/// and have the words of the command line in them as they are, which a terminal may obey.
/// </summary>
internal static class UsageMistake
{
    private const int LongestWord = 80;
    private const int LongestSentence = 1000;

    /// <returns>None if it can be done as it is.</returns>
    public static IEnumerable<string> In(ParseResult parsed)
    {
        var command = new CommandModel(PathOf(parsed.CommandResult), parsed.CommandResult.Command);
        return parsed.Action is not ParseErrorAction && parsed.Action != command.Command.Action ? [] // help is had in spite of any mistake
            : UnknownWord(parsed, command) is string mistake ? [mistake]
            : parsed.Action is not ParseErrorAction ? []
            : command.Command is { Action: null, Subcommands.Count: > 0 } ? [$"a command is missing: {ListOf([.. command.Subcommands.Select(static each => each.Name)], "or")}: {FullNameOf(parsed, command)} --help tells of them"]
            : parsed.Errors.Select(error => SentenceOf(error, command)).Distinct();
    }

    /// <summary>Also an option that would be taken for an argument, as nobody means that in front of a "--".</summary>
    private static string? UnknownWord(ParseResult parsed, CommandModel command)
    {
        int behindMark = parsed.Tokens.SkipWhile(static token => token.Type != TokenType.DoubleDash).Skip(1).Count();
        string[] arguments = [.. parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(static argument => argument.Tokens).Select(static token => token.Value)];
        string? unknown = arguments.SkipLast(behindMark).FirstOrDefault(static word => word is ['-', _, ..]) ?? (parsed.UnmatchedTokens is [string unmatched, ..] ? unmatched : null);
        if (unknown is null)
        {
            return null;
        }

        string[] options = [.. command.Options.Select(static option => option.Name)];
        string[] commands = [.. command.Subcommands.Select(static each => each.Name)];
        (string what, string[] names) = unknown is ['-', _, ..] ? ("option", options) : commands.Length > 0 ? ("command", [.. commands, .. options]) : ("argument", []);
        string hint = names.Contains(unknown) ? ": behind -- there are arguments only" : DidYouMean.Of(unknown, names);
        return $"{(command.Path.Length > 0 ? $"{command.Path} has" : "there is")} no {what} {Word(unknown)}{(hint.Length > 0 ? hint : $": {FullNameOf(parsed, command)} --help tells what it has")}";
    }

    private static string SentenceOf(ParseError error, CommandModel command)
    {
        OptionResult? option = error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent as OptionResult;
        Argument? argument = (error.SymbolResult as ArgumentResult)?.Argument;
        string[] values = option is not null ? [.. CommandModel.ValuesOf(option.Option)] : [.. argument?.GetCompletions(CompletionContext.Empty).Select(static item => item.Label) ?? []];
        string? word = error.SymbolResult is { Tokens: [.., Token last] } ? last.Value : null;
        string name = option?.Option.Name ?? argument?.HelpName ?? "";
        return values.Length > 1 && word is not null && !values.Contains(word) ? $"{name} must be {ListOf(values, "or")}, is '{Word(word)}'{DidYouMean.Of(word, values)}"
            : word is not null && option?.Option.ValueType == typeof(int) && !int.TryParse(word, out _) ? $"{name} must be a whole number, is '{Word(word)}'"
            : option is { Tokens.Count: 0, IdentifierToken: not null } ? $"{name} needs a value: {name} {option.Option.HelpName}"
            : argument is not null && option is null && word is null ? $"{command.Path} needs {name}{ExampleOf(command)}"
            : SafeText.OneLine(SafeText.Shorten(error.Message, LongestSentence).ReplaceLineEndings(" "));
    }

    private static string ExampleOf(CommandModel command) => command.Command is ICommandWithExamples { Examples: [string example, ..] } ? $", as in: {example}" : "";

    private static string PathOf(CommandResult result) => result.Parent is CommandResult above ? $"{PathOf(above)} {result.Command.Name}".TrimStart() : "";

    private static string FullNameOf(ParseResult parsed, CommandModel command) => $"{parsed.RootCommandResult.Command.Name} {command.Path}".TrimEnd();

    private static string Word(string word) => word.Length == 0 ? "''" : SafeText.Shorten(SafeText.Escape(word), LongestWord);

    private static string ListOf(string[] words, string conjunction) => $"{string.Join(", ", words[..^1])} {conjunction} {words[^1]}";
}
