namespace Tallyman.Agent.Tests.CommandLines.Generated;

/// <summary>One spelling of a command, and which flags may stand at each place of it.</summary>
internal sealed class CommandSpelling
{
    public CommandSpelling(GrammarData grammar, FactTable table, Func<FlagData, bool> mayGive, CommandData command, string spelling)
    {
        Command = command;
        Words = spelling.Split(' ');
        HashSet<string> ofScenarios = [.. table.Of(command).SelectMany(static scenario => scenario.Flags).Select(static use => use.Flag)];
        Flags = new FlagChoice(command.Accepted.Where(flag => !ofScenarios.Contains(flag.Long) && mayGive(flag)), table);
        Children = [.. grammar.BySpelling.Keys.Where(longer => longer.StartsWith(spelling + " ", StringComparison.Ordinal)).Select(longer => longer[(spelling.Length + 1)..])];
        for (int level = 0; level < Words.Length; level++)
        {
            CommandData above = grammar.BySpelling[string.Join(' ', Words[..level])];
            Where where = grammar.IsUrfave || (grammar.Tool == "docker" && level == 0) ? Where.Parsed : grammar.Tool == "kubectl" ? Where.Found : Where.Traversed;
            var here = new FlagChoice(above.Accepted.Where(flag => mayGive(flag) && MayStandInFront(flag)), table);

            // A flag of kubectl's command in front of its word is taken to have a value, so it must have one.
            var early = new FlagChoice(grammar.Tool == "kubectl" ? Flags.All.Where(flag => flag.Arity == Arity.Required && !IsKnownAt(above, flag)) : [], table);
            Levels.Add((above, where, here, early));
        }

        // The command reads the persistent ones again, and in kubectl all: what it hides by a flag of its own would be read as that.
        bool MayStandInFront(FlagData flag) => (!flag.IsPersistent && grammar.Tool != "kubectl") || Flags.All.Any(flag.Is);
    }

    public CommandData Command { get; }

    public string[] Words { get; }

    /// <summary>Words that would be taken for a command behind these.</summary>
    public HashSet<string> Children { get; }

    /// <summary>Flags behind the command word, without those that only its scenarios may use.</summary>
    public FlagChoice Flags { get; }

    /// <summary>What may stand in front of each word: flags of the level, and those of the command itself.</summary>
    public List<(CommandData Above, Where Where, FlagChoice Flags, FlagChoice Early)> Levels { get; } = [];

    private static bool IsKnownAt(CommandData level, FlagData flag) =>
        level.Accepted.Any(each => each.Names.Intersect(flag.Names).Any() || (each.Short != '\0' && each.Short == flag.Short));
}

/// <summary>Flags to choose from, those that mean something more often.</summary>
internal sealed class FlagChoice
{
    private readonly FlagData[] _meaningful;

    public FlagChoice(IEnumerable<FlagData> flags, FactTable table)
    {
        All = [.. flags.Where(static flag => flag.Long is not ("help" or "version"))];
        _meaningful = [.. All.Where(flag => table.Of(flag).Count > 0)];
    }

    public FlagData[] All { get; }

    public FlagData? Choose(Random random)
    {
        FlagData[] from = _meaningful.Length > 0 && random.Next(2) == 0 ? _meaningful : All;
        return from.Length == 0 ? null : from[random.Next(from.Length)];
    }
}
