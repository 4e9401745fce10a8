namespace Tallyman.Agent.Tests.CommandLines.Generated;

/// <summary>Picks flags for one line, with values of which the table tells what they mean.</summary>
internal sealed class FlagPicker(GrammarData grammar, FactTable table, Random random, CommandSpelling spelling)
{
    /// <summary>What means something elsewhere, or would be read as something else in another place.</summary>
    private static readonly string[] Decoys =
    [
        "--privileged", "-v", "-v/:/h", "--volume=/:/h", "--pid=host", "--net", "host", "/:/h", "--cap-add=ALL", "-itd", "--", "-", "--=", "a,b=c", "\"", "'",
        "run", "exec", "secrets", "-oyaml", "sh", "-c", "nsenter -t1", "--help", "-h", "x=y", "true", "0", "é", "--nosuchflag", "-?", "",
    ];

    private readonly Spelling _spelling = new(grammar, random);
    private readonly Func<string, string> _fill = FactTable.Filler(random);
    private readonly Dictionary<string, string> _chosenOfGroup = new(StringComparer.Ordinal);

    public string Decoy() => Decoys[random.Next(Decoys.Length)];

    /// <summary>The same words for $w and $p on the whole line.</summary>
    public string Fill(string text) => _fill(text);

    public List<Use> Pick(FlagChoice among, int count)
    {
        var uses = new List<Use>();
        for (; count > 0; count--)
        {
            if (among.Choose(random) is not FlagData flag || !MayUse(flag))
            {
                continue;
            }

            for (int times = random.Next(4) == 0 ? 2 : 1; times > 0; times--)
            {
                uses.Insert(random.Next(uses.Count + 1), UseOf(flag));
            }
        }

        return uses;
    }

    /// <summary>A flag of a scenario.</summary>
    public Use Of(UsePattern pattern)
    {
        FlagData flag = spelling.Command.Accepted.First(each => each.Long == pattern.Flag);
        string? value = flag.Arity == Arity.Switch ? _spelling.BoolOf(pattern.Value != "false") : Filled(pattern.Value);
        return new Use(flag, value, []);
    }

    private Use UseOf(FlagData flag)
    {
        IReadOnlyList<UsePattern> patterns = table.Of(flag);
        if (flag.Arity == Arity.Switch)
        {
            bool isOn = random.Next(3) > 0;
            return new Use(flag, _spelling.BoolOf(isOn), isOn && patterns.Count > 0 ? patterns[0].Facts : []);
        }

        if (patterns.Count > 0)
        {
            UsePattern pattern = patterns[random.Next(patterns.Count)];
            return new Use(flag, Filled(pattern.Value), [.. pattern.Facts.Select(_fill)]);
        }

        return new Use(flag, flag.Arity == Arity.Optional && random.Next(2) == 0 ? null : ValueOf(flag), []);
    }

    private string? Filled(string? value) => value is null ? null : _fill(value);

    private string ValueOf(FlagData flag)
    {
        string value = FlagValues.Of(flag, random) ?? Decoy();
        return spelling.Children.Contains(value) ? "value" : value;
    }

    /// <summary>Of flags of which one or the other decides, one is chosen for the line.</summary>
    private bool MayUse(FlagData flag)
    {
        (bool first, string[] flags) = table.GroupOf(flag);
        return first || flags.Length == 0 || _chosenOfGroup.TryAdd(flags[0], flag.Long) || _chosenOfGroup[flags[0]] == flag.Long;
    }
}
