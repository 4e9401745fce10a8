using System.CommandLine;
using System.CommandLine.Completions;

namespace Tallyman.Cli;

/// <summary>A command of a program, as help, completions and manual pages tell of it.</summary>
/// <param name="Path">Its words without the program's name; empty for the program itself.</param>
public sealed record CommandModel(string Path, Command Command)
{
    public IEnumerable<Command> Subcommands => Command.Subcommands.Where(static command => !command.Hidden);

    /// <summary>Its own options and those that hold below it, <c>--help</c> among them.</summary>
    public IEnumerable<Option> Options { get; } = OptionsOf(Command);

    /// <summary>The program and all its commands, each before those below it.</summary>
    public static IEnumerable<CommandModel> Of(RootCommand root) => Of(root, "");

    /// <summary>Words that may stand behind an option; none where anything may.</summary>
    public static IEnumerable<string> ValuesOf(Option option) =>
        option.ValueType == typeof(bool) ? [] : option.HelpName is { } name && name.Contains('|', StringComparison.Ordinal) ? name.Split('|')
        : option.GetCompletions(CompletionContext.Empty).Select(static item => item.Label);

    private static IEnumerable<CommandModel> Of(Command command, string path) =>
        new[] { new CommandModel(path, command) }.Concat(command.Subcommands.Where(static each => !each.Hidden).SelectMany(each => Of(each, $"{path} {each.Name}".TrimStart())));

    private static Option[] OptionsOf(Command command) =>
    [
        .. command.Options.Where(static option => !option.Hidden),
        .. command.Parents.OfType<Command>().SelectMany(OptionsOf).Where(static option => option.Recursive),
    ];
}
