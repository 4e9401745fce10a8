using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Tallyman.Agent.CommandLines;

/// <summary>What an element of argv is to the tool.</summary>
public enum ArgumentRole
{
    /// <summary>A flag that the command does not know, or the "--" that ends the flags.</summary>
    Unread,
    Program,
    CommandWord,
    Flag,

    /// <summary>The value of a flag that stands in the element before, or further before in a bundle.</summary>
    FlagValue,
    Positional,
    Image,

    /// <summary>A word of the command that is run in the container.</summary>
    InnerCommand,
}

/// <summary>An element of argv as the tool reads it.</summary>
/// <param name="Flag">The long name of the flag, or of the last of a bundle, where it is one or the value of one.</param>
/// <param name="FlagArg">Where that flag stands.</param>
public sealed record ArgumentReading(ArgumentRole Role, string Flag = "", int FlagArg = -1);

/// <summary>Tells what each element of argv is, for answers that explain themselves.</summary>
internal static class ArgumentRoles
{
    private static readonly ArgumentReading Unread = new(ArgumentRole.Unread);
    private static readonly ArgumentReading Program = new(ArgumentRole.Program);
    private static readonly ArgumentReading CommandWord = new(ArgumentRole.CommandWord);
    private static readonly ArgumentReading Positional = new(ArgumentRole.Positional);
    private static readonly ArgumentReading Image = new(ArgumentRole.Image);
    private static readonly ArgumentReading InnerCommand = new(ArgumentRole.InnerCommand);

    /// <summary>Where the use of a flag begins whose value stands in an element: at the element before, or at itself.</summary>
    public static int StartOf(ImmutableArray<ArgumentReading> roles, int arg) =>
        roles[arg].Role == ArgumentRole.FlagValue && roles[arg].FlagArg == arg - 1 ? arg - 1 : arg;

    /// <param name="imageAt">Which positional is the image; -1 if none is.</param>
    /// <param name="commandFrom">From which positional on the command in the container stands; -1 if there is none.</param>
    public static ImmutableArray<ArgumentReading> Of(ParsedCommandLine line, int imageAt, int commandFrom)
    {
        var roles = new ArgumentReading[line.Argv.Count];
        for (int i = 0; i < roles.Length; i++)
        {
            roles[i] = i == 0 ? Program : line.Argv[i] is [(byte)'-', ..] ? Unread : CommandWord;
        }

        for (int place = 0; place < line.Positionals.Count; place++)
        {
            roles[line.Positionals[place]] = place == imageAt ? Image : commandFrom >= 0 && place >= commandFrom ? InnerCommand : Positional;
        }

        foreach (FlagUse use in line.Flags)
        {
            roles[use.Arg] = new ArgumentReading(ArgumentRole.Flag, use.Flag.Long, use.Arg);
            if (use.HasValue && use.ValueArg != use.Arg)
            {
                roles[use.ValueArg] = new ArgumentReading(ArgumentRole.FlagValue, use.Flag.Long, use.Arg);
            }
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(roles);
    }
}
