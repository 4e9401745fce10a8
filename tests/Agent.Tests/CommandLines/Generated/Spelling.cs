namespace Tallyman.Agent.Tests.CommandLines.Generated;

/// <summary>A flag that stands on a line.</summary>
/// <param name="Value">Null where it stands by itself.</param>
internal sealed record Use(FlagData Flag, string? Value, IReadOnlyList<string> Facts);

/// <summary>Where flags stand, which decides how they may be spelled.</summary>
internal enum Where
{
    /// <summary>Where they are parsed.</summary>
    Parsed,

    /// <summary>In front of a command word that cobra's Find looks for by the form of what stands there: no bundle ends in a flag whose value follows.</summary>
    Found,

    /// <summary>In front of a command word that cobra's Traverse looks for: nor does a value that follows look like a flag.</summary>
    Traversed,

    /// <summary>Behind positionals that are moved by some versions of ctr: values are joined with '='.</summary>
    Moved,
}

/// <summary>The spellings of flags that a tool takes for the same.</summary>
internal sealed class Spelling(GrammarData grammar, Random random)
{
    private static readonly string[] True = ["1", "t", "T", "TRUE", "true", "True"];
    private static readonly string[] False = ["0", "f", "F", "FALSE", "false", "False"];

    private readonly Dictionary<string, string> _chosen = new(StringComparer.Ordinal);

    /// <summary>A switch that is off has a value; one that is on may have one.</summary>
    public string? BoolOf(bool isOn) => !isOn ? Pick(False) : random.Next(3) > 0 ? null : Pick(True);

    /// <summary>The flags in this order; each element of the result is what must stay together.</summary>
    public List<string[]> Write(IReadOnlyList<Use> uses, CommandData command, Where where)
    {
        var written = new List<string[]>();
        for (int i = 0; i < uses.Count; i++)
        {
            Use[] bundle = random.Next(3) == 0 ? [.. uses.Skip(i).Take(BundleLength(uses, i, command))] : [];
            if (bundle.Length > 1 && !(grammar.IsUrfave && command.Accepted.Any(flag => flag.Names.Contains(LettersOf(bundle)))))
            {
                written.Add(Bundle(bundle, where));
                i += bundle.Length - 1;
            }
            else
            {
                written.Add(grammar.IsUrfave ? Urfave(uses[i], where) : Pflag(uses[i], where));
            }
        }

        return written;
    }

    private string[] Pflag(Use use, Where where)
    {
        FlagData flag = use.Flag;
        if (flag.Short != '\0' && random.Next(2) == 0)
        {
            return WithValue($"-{flag.Short}", use, where);
        }

        string name = Pick(flag.Names);
        if (grammar.Tool == "kubectl" && random.Next(4) == 0)
        {
            name = name.Replace('-', '_');
        }

        return use.Value is null ? [$"--{name}"]
            : flag.Arity != Arity.Required || !MayFollow(use.Value, where) || random.Next(2) == 0 ? [$"--{name}={use.Value}"]
            : [$"--{name}", use.Value];
    }

    private string[] Urfave(Use use, Where where)
    {
        FlagData flag = use.Flag;
        string name = (random.Next(2) == 0 ? "-" : "--") + UrfaveName(flag);
        return use.Value is null ? [name]
            : flag.Arity != Arity.Required || !MayFollow(use.Value, where) || random.Next(2) == 0 ? [$"{name}={use.Value}"]
            : [name, use.Value];
    }

    /// <summary>Two names of one flag on a line are refused.</summary>
    private string UrfaveName(FlagData flag)
    {
        string key = $"{flag.Owner}/{flag.Long}";
        if (!_chosen.TryGetValue(key, out string? name))
        {
            _chosen.Add(key, name = flag.Short != '\0' && random.Next(2) == 0 ? $"{flag.Short}" : Pick(flag.Names));
        }

        return name;
    }

    /// <summary>How many flags from this one on can share one dash: letters that stand by themselves, and the last may have a value.</summary>
    private int BundleLength(IReadOnlyList<Use> uses, int from, CommandData command)
    {
        if (grammar.IsUrfave && !command.AllowsBundles)
        {
            return 1;
        }

        int length = 0;
        while (from + length < uses.Count && uses[from + length].Flag is { Short: not '\0' } flag && (!grammar.IsUrfave || UrfaveName(flag).Length == 1))
        {
            Use use = uses[from + length];
            if (use.Value is not null)
            {
                return use.Value.Length == 0 || (grammar.IsUrfave && use.Flag.Arity != Arity.Required) ? length : length + 1;
            }

            length++;
        }

        return length;
    }

    private string[] Bundle(IReadOnlyList<Use> uses, Where where)
    {
        string letters = "-" + LettersOf(uses);
        return uses[^1].Value is null ? [letters] : grammar.IsUrfave ? [letters, uses[^1].Value!] : WithValue(letters, uses[^1], where == Where.Parsed ? where : Where.Moved);
    }

    private static string LettersOf(IEnumerable<Use> uses) => string.Concat(uses.Select(static use => use.Flag.Short));

    /// <summary>Behind a letter: -xV, -x=V or -x V. An empty value can only follow, and "=" in front of an attached one is dropped.</summary>
    private string[] WithValue(string letters, Use use, Where where)
    {
        if (use.Value is null)
        {
            return [letters];
        }

        bool mayFollow = use.Flag.Arity == Arity.Required && MayFollow(use.Value, where);
        bool mayAttach = use.Flag.Arity == Arity.Required && use.Value is not [] and not ['=', ..];
        return random.Next(3) switch
        {
            0 when mayFollow => [letters, use.Value],
            1 when mayAttach => [letters + use.Value],
            _ when use.Value.Length > 0 => [$"{letters}={use.Value}"],
            _ when mayFollow => [letters, use.Value],
            _ => [$"--{use.Flag.Long}={use.Value}"],
        };
    }

    private static bool MayFollow(string value, Where where) => where switch
    {
        Where.Moved => false,
        Where.Traversed => value is not ['-', _, ..],
        _ => true,
    };

    private T Pick<T>(IReadOnlyList<T> among) => among[random.Next(among.Count)];
}
