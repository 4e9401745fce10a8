using System.Text;
using Tallyman.Agent.Model;
using Tallyman.Rendering;

namespace Tallyman.Agent.CommandLines;

/// <summary>One use of a flag: the element it stands in, and where its value stands; <paramref name="ValueArg"/> is -1 without one.</summary>
internal readonly record struct FlagUse(GrammarFlag Flag, int Arg, int ValueArg, int ValueStart)
{
    public bool HasValue => ValueArg >= 0;
}

/// <summary>argv after parsing and before it is known what anything means: the command, the uses of flags, the positionals.</summary>
internal sealed class ParsedCommandLine(Argv argv, GrammarCommand root)
{
    public Argv Argv { get; } = argv;

    public GrammarCommand Command { get; set; } = root;

    /// <summary>Flags of all levels in the order of argv.</summary>
    public List<FlagUse> Flags { get; } = [];

    /// <summary>Indexes in argv of the positionals of the command.</summary>
    public List<int> Positionals { get; } = [];

    /// <summary>How many positionals stand before the "--" that ended the flags; -1 if there is none.</summary>
    public int PositionalsBeforeDashes { get; set; } = -1;

    public string? Error { get; private set; }

    public bool WantsHelp { get; set; }

    /// <summary>The command is a word that the grammar does not have; these are the words.</summary>
    public string? UnknownCommand { get; set; }

    /// <summary>Whether an unknown flag may have swallowed a positional or left one too many: the image is then anybody's guess.</summary>
    public bool PositionalsAreUncertain { get; set; }

    public void Fail(string error) => Error ??= error;

    public void FailAtFlag(string what, ReadOnlySpan<byte> flag) => Error ??= $"{what} {SafeText.Decode(Clip(flag))}";

    /// <summary>Takes over what was read at a level above the command.</summary>
    public void AdoptFlags(ParsedCommandLine level)
    {
        Flags.AddRange(level.Flags);
        WantsHelp |= level.WantsHelp;
        Error ??= level.Error;
    }

    public ReadOnlySpan<byte> Value(in FlagUse use) => use.HasValue ? Argv[use.ValueArg][use.ValueStart..] : default;

    public string Text(int arg) => SafeText.Decode(Argv[arg]);

    private static ReadOnlySpan<byte> Clip(ReadOnlySpan<byte> flag) => flag.Length <= 80 ? flag : Encoding.UTF8.GetBytes(SafeText.Decode(flag)[..80] + "…");
}
