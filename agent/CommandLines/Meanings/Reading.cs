using System.Text;
using Tallyman.Agent.Model;
using Tallyman.Rendering;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>What is being learnt from one command line.</summary>
/// <param name="directory">The caller's current directory, absolute; null if it is not known.</param>
internal sealed class Reading(ParsedCommandLine line, string? directory)
{
    public ParsedCommandLine Line { get; } = line;

    public List<Fact> Facts { get; } = [];

    public List<ManifestOption> ManifestOptions { get; } = [];

    public List<string> Warnings { get; } = [];

    public string? Image { get; set; }

    /// <summary>Whether a network has been named already: the first of several decides the mode of the container.</summary>
    public bool HasNetwork { get; set; }

    /// <summary>Where the positionals of this command are, with the flags that are given.</summary>
    public PositionalPlaces Places { get; } = PlacesIn(line);

    public void Add(FactKind kind, string value = "", int arg = -1) => Facts.Add(new Fact(kind, value, arg));

    /// <summary>A directory or file of the host comes into the container.</summary>
    public void AddMount(string source, string? destination, int arg)
    {
        Facts.Add(new Fact(FactKind.HostMount, HostPath.Clean(source), arg)
        {
            Path = Resolve(source),
            Destination = destination is null or [] ? null : HostPath.Clean(destination),
        });
    }

    public void AddPath(FactKind kind, string path, int arg) => Facts.Add(new Fact(kind, path, arg) { Path = Resolve(path) });

    public string? Resolve(string path) => HostPath.Resolve(path, directory);

    /// <summary>The positional at this place, as its index in argv; -1 if there is none.</summary>
    public int Positional(int place) => place >= 0 && place < Line.Positionals.Count ? Line.Positionals[place] : -1;

    /// <summary>The value of a use as text.</summary>
    public string Text(in FlagUse use) => SafeText.Decode(Line.Value(use));

    /// <summary>The element in which the value of a use stands.</summary>
    public static int ArgOf(in FlagUse use) => use.HasValue ? use.ValueArg : use.Arg;

    /// <summary>The last use of a flag, by its long name.</summary>
    public FlagUse? Last(string flag)
    {
        int index = Line.Flags.FindLastIndex(use => use.Flag.Long == flag);
        return index < 0 ? null : Line.Flags[index];
    }

    /// <summary>Whether a switch is on: given, and its last use does not say false.</summary>
    public bool IsOn(string flag) => Last(flag) is FlagUse use && IsOn(use);

    public bool IsOn(in FlagUse use) => !use.HasValue || Pflag.ParseBool(Line.Value(use)) != false;

    private static PositionalPlaces PlacesIn(ParsedCommandLine line)
    {
        PositionalPlaces places = line.Command.Places;
        foreach ((string flag, PositionalPlaces conditional) in places.IfFlag)
        {
            int index = line.Flags.FindLastIndex(use => use.Flag.Long == flag);
            if (index >= 0 && (!line.Flags[index].HasValue || Pflag.ParseBool(line.Value(line.Flags[index])) != false))
            {
                return conditional;
            }
        }

        return places;
    }

    /// <summary>Bytes that must be the same whatever the encoding of the rest.</summary>
    public static bool Is(ReadOnlySpan<byte> value, string text) =>
        value.Length == text.Length && Ascii.Equals(value, text);
}
