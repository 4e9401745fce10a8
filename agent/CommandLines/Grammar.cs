using Tallyman.Agent.CommandLines.Meanings;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines;

/// <summary>How the library behind a tool reads flags.</summary>
internal enum FlagStyle
{
    /// <summary>Go's spf13/pflag: --name, -n, bundles.</summary>
    Pflag,

    /// <summary>Go's urfave/cli: one dash or two, no bundles.</summary>
    Urfave,
}

/// <summary>How a flag takes a value, if it does.</summary>
internal enum FlagValue
{
    /// <summary>Never the next element; --flag=BOOL is allowed.</summary>
    Switch,

    /// <summary>Attached, behind '=' or the next element.</summary>
    Required,

    /// <summary>Only behind '='; without one it means something by itself.</summary>
    Optional,
}

/// <summary>What a flag given several times means.</summary>
internal enum Repetition
{
    Last,
    Each,

    /// <summary>Each, and every one is a list: commas, quotes as in CSV.</summary>
    EachCsv,

    /// <summary>Each, and every one is a list: commas, no quotes.</summary>
    EachComma,
}

internal sealed class GrammarFlag
{
    public required string Long { get; init; }

    /// <summary>The one-letter form; '\0' if there is none.</summary>
    public char Short { get; init; }

    public IReadOnlyList<string> Aliases { get; init; } = [];

    public FlagValue Value { get; init; }

    public Repetition Repetition { get; init; }

    /// <summary>Whether the commands below accept it too.</summary>
    public bool IsPersistent { get; init; }

    /// <summary>What its use means; empty for most.</summary>
    public List<Meaning> Meanings { get; } = [];
}

/// <summary>One command of a tool, or a group of commands.</summary>
internal sealed class GrammarCommand(string path, GrammarCommand? parent)
{
    private readonly Dictionary<string, GrammarCommand> _children = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GrammarFlag> _flags = new(StringComparer.Ordinal);
    private readonly GrammarFlag?[] _shorts = new GrammarFlag?[128];

    /// <summary>Canonical words, "container run"; empty for the root.</summary>
    public string Path { get; } = path;

    /// <summary>The command above it by its canonical words.</summary>
    public GrammarCommand? Parent { get; } = parent;

    /// <summary>Does nothing by itself: one of its commands must follow.</summary>
    public bool IsGroup { get; init; }

    /// <summary>What follows the first positional is data, whatever it looks like.</summary>
    public bool StopsAtFirstPositional { get; init; }

    /// <summary>Everything behind the command word goes unread to another program.</summary>
    public bool IsUnparsed { get; init; }

    /// <summary>-abc may stand for -a -b -c; of urfave/cli only, where it is an option of each command.</summary>
    public bool AllowsBundles { get; init; }

    /// <summary>'_' in a flag's name is read as '-'.</summary>
    public bool ReadsUnderscores { get; init; }

    public PositionalPlaces Places { get; init; } = PositionalPlaces.None;

    /// <summary>What its use, or its positionals, mean.</summary>
    public List<Meaning> Meanings { get; } = [];

    public bool HasChildren => _children.Count > 0;

    public IEnumerable<GrammarFlag> Flags => _flags.Values.Distinct();

    public GrammarCommand? Child(ReadOnlySpan<byte> word) => Names.TryFind(_children, word, out GrammarCommand? child) ? child : null;

    public GrammarFlag? Long(ReadOnlySpan<byte> name)
    {
        if (ReadsUnderscores && name.Contains((byte)'_') && name.Length <= Names.Longest)
        {
            Span<byte> dashed = stackalloc byte[name.Length];
            name.Replace(dashed, (byte)'_', (byte)'-');
            return Names.TryFind(_flags, dashed, out GrammarFlag? found) ? found : null;
        }

        return Names.TryFind(_flags, name, out GrammarFlag? flag) ? flag : null;
    }

    public GrammarFlag? Long(string name) => _flags.GetValueOrDefault(name);

    public GrammarFlag? Short(byte letter) => letter < _shorts.Length ? _shorts[letter] : null;

    internal void AddChild(string word, GrammarCommand child) => _children.TryAdd(word, child);

    /// <summary>Own flags come first: a flag of the same name from above is hidden by them.</summary>
    internal void AddFlag(GrammarFlag flag)
    {
        if (_flags.TryAdd(flag.Long, flag))
        {
            foreach (string alias in flag.Aliases)
            {
                _flags.TryAdd(alias, flag);
            }

            if (flag.Short != '\0')
            {
                _shorts[flag.Short] ??= flag;
            }
        }
    }

    internal void AddFlagName(string alias, string name)
    {
        if (_flags.TryGetValue(name, out GrammarFlag? flag))
        {
            _flags.TryAdd(alias, flag);
        }
    }
}

/// <summary>Which positionals are what; -1 where there is none such.</summary>
/// <param name="CommandFrom">The first word of the command inside the container.</param>
internal sealed record PositionalPlaces(int Image, int CommandFrom)
{
    public static PositionalPlaces None { get; } = new(-1, -1);

    /// <summary>Places when a flag of the first's name is given: a directory or a file takes the place of the image.</summary>
    public IReadOnlyList<(string Flag, PositionalPlaces Places)> IfFlag { get; init; } = [];

    /// <summary>The directory of the host that becomes the container's root.</summary>
    public int Rootfs { get; init; } = -1;
}

/// <summary>The command line of one tool: its commands, their flags and how they are read.</summary>
internal sealed class Grammar(Tool tool, FlagStyle style, IReadOnlyCollection<GrammarCommand> commands, GrammarCommand anyCommand)
{
    public Tool Tool { get; } = tool;

    public FlagStyle Style { get; } = style;

    public IReadOnlyCollection<GrammarCommand> Commands { get; } = commands;

    public GrammarCommand Root { get; } = commands.Single(static command => command.Path.Length == 0);

    /// <summary>Takes every flag that any command of the tool takes: for command words that are not known.</summary>
    public GrammarCommand AnyCommand { get; } = anyCommand;
}
