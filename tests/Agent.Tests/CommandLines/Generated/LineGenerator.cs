using System.Collections.Concurrent;

namespace Tallyman.Agent.Tests.CommandLines.Generated;

/// <summary>Makes command lines that a tool accepts: any command in any spelling, flags of every level, positionals, and what looks like flags and is none.</summary>
/// <param name="mayUse">Which of the commands to use.</param>
/// <param name="mayGive">Which of the flags.</param>
internal sealed class LineGenerator(GrammarData grammar, FactTable table, Func<CommandData, bool> mayUse, Func<FlagData, bool> mayGive)
{
    private readonly ConcurrentDictionary<string, CommandSpelling> _spellings = new(StringComparer.Ordinal);
    private readonly CommandData[] _commands = [.. grammar.Commands.Where(command => !command.IsGroup && !command.IsUnparsed && mayUse(command))];
    private readonly CommandData[] _meaningful =
    [
        .. grammar.Commands.Where(command => !command.IsGroup && !command.IsUnparsed && mayUse(command) && (table.Of(command).Count > 0 || command.Own.Any(flag => table.Of(flag).Count > 0))),
    ];

    public GeneratedLine Make(Random random)
    {
        CommandData[] among = random.Next(2) == 0 && _meaningful.Length > 0 ? _meaningful : _commands;
        CommandData command = among[random.Next(among.Length)];
        string words = command.Spellings[random.Next(command.Spellings.Count)];
        CommandSpelling spelling = _spellings.GetOrAdd(words, words => new CommandSpelling(grammar, table, mayGive, command, words));
        return new LineInTheMaking(grammar, table, random, spelling).Make();
    }
}
