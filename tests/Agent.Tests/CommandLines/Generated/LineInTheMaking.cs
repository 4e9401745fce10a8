namespace Tallyman.Agent.Tests.CommandLines.Generated;

/// <summary>One line while it is put together.</summary>
internal sealed class LineInTheMaking(GrammarData grammar, FactTable table, Random random, CommandSpelling spelling)
{
    private readonly CommandData _command = spelling.Command;
    private readonly List<string> _argv = [];
    private readonly List<Use> _uses = []; // in the order of argv
    private readonly Spelling _spelling = new(grammar, random);
    private readonly FlagPicker _picker = new(grammar, table, random, spelling);

    public GeneratedLine Make()
    {
        _argv.Add(grammar.Tool);
        for (int level = 0; level < spelling.Words.Length; level++)
        {
            AddFlagsInFront(level);
            _argv.Add(spelling.Words[level]);
        }

        int commandEnd = _argv.Count;
        IReadOnlyList<Scenario> scenarios = table.Of(_command);
        Scenario scenario = scenarios.Count == 0 ? Nothing() : scenarios[random.Next(scenarios.Count)];
        int flagsEnd = AddFlagsAndPositionals(scenario);

        string[] facts = [.. FactsOf(_uses), .. scenario.Facts.Select(_picker.Fill)];
        string? image = Array.Find(facts, IsImage)?[6..^1];
        return new GeneratedLine(_argv, _command.Path, image, GeneratedLine.Report(facts.Where(static fact => !IsImage(fact))), commandEnd, flagsEnd)
        {
            Uses = _uses,
        };
    }

    private static bool IsImage(string fact) => fact.StartsWith("IMAGE(", StringComparison.Ordinal);

    /// <summary>Positionals of a command to which they mean nothing, or an image.</summary>
    private Scenario Nothing() => _command.ImagePlace < 0
        ? new Scenario([], [.. Enumerable.Repeat("$w", random.Next(3))], true, [])
        : new Scenario([], [.. Enumerable.Repeat("$w", _command.ImagePlace), "reg.io/$w:1"], true, ["IMAGE(reg.io/$w:1)"]);

    private void AddFlagsInFront(int level)
    {
        (CommandData above, Where where, FlagChoice flags, FlagChoice early) = spelling.Levels[level];
        Add([.. _picker.Pick(flags, random.Next(3)), .. _picker.Pick(early, random.Next(4) == 0 ? 1 : 0)], above, where);
        if (where == Where.Parsed && random.Next(20) == 0)
        {
            _argv.Add("--");
        }
    }

    /// <returns>The index in argv where the last flag may stand.</returns>
    private int AddFlagsAndPositionals(Scenario scenario)
    {
        List<Use> uses = _picker.Pick(spelling.Flags, random.Next(8));
        foreach (UsePattern flag in scenario.Flags)
        {
            uses.Insert(random.Next(uses.Count + 1), _picker.Of(flag));
        }

        string[] positionals = [.. scenario.Positionals.Select(_picker.Fill)];
        return _command.Stops ? AddFlagsFirst(uses, positionals, scenario.AndMore) : AddMixed(uses, positionals, scenario.AndMore);
    }

    private int AddFlagsFirst(List<Use> uses, string[] positionals, bool andMore)
    {
        Add(uses, _command, Where.Parsed);
        int end = _argv.Count;
        bool hasDashes = random.Next(5) == 0;
        _argv.AddRange(hasDashes ? ["--", .. positionals] : positionals);
        AddDecoys(andMore && _command.IsDataBehind && (hasDashes || positionals.Length > 0));
        return end;
    }

    private int AddMixed(List<Use> uses, string[] positionals, bool andMore)
    {
        // ctr's versions differ in what stands behind positionals, so flags of the command may, and nothing else that looks like one.
        Where where = grammar.IsUrfave ? Where.Moved : Where.Parsed;
        List<string[]> mixed = _spelling.Write(uses, _command, where);
        _uses.AddRange(uses);
        bool hasDashes = !grammar.IsUrfave && random.Next(4) == 0;

        // kubectl asks what stands in front of "--" and what behind it.
        int inFront = hasDashes && grammar.Tool != "kubectl" ? random.Next(positionals.Length + 1) : positionals.Length;
        int place = 0;
        foreach (string positional in positionals[..inFront])
        {
            place = random.Next(place, mixed.Count + 1);
            mixed.Insert(place++, [positional]);
        }

        int start = _argv.Count;
        _argv.AddRange(mixed.SelectMany(static words => words));
        int end = grammar.IsUrfave && inFront > 0 ? start + mixed.TakeWhile(words => !positionals.Contains(words[0])).Sum(static words => words.Length) : _argv.Count;
        if (hasDashes)
        {
            _argv.AddRange(["--", .. positionals[inFront..]]);
            AddDecoys(andMore);
        }

        return end;
    }

    private void AddDecoys(bool andMore)
    {
        for (int i = andMore ? random.Next(4) : 0; i > 0; i--)
        {
            _argv.Add(_picker.Decoy());
        }
    }

    private void Add(List<Use> uses, CommandData level, Where where)
    {
        _argv.AddRange(_spelling.Write(uses, level, where).SelectMany(static words => words));
        _uses.AddRange(uses);
    }

    /// <summary>Of a flag that does not add up the last use counts; of a group whose first use counts, that.</summary>
    private IEnumerable<string> FactsOf(List<Use> uses)
    {
        var seen = new HashSet<(string, string)>();
        for (int i = 0; i < uses.Count; i++)
        {
            FlagData flag = uses[i].Flag;
            (bool first, string[] flags) = table.GroupOf(flag);
            bool counts = first ? seen.Add((flag.Owner, flags[0])) : flag.Repeats || !uses.Skip(i + 1).Any(later => flag.Is(later.Flag));
            foreach (string fact in counts ? uses[i].Facts : [])
            {
                yield return fact;
            }
        }
    }
}
