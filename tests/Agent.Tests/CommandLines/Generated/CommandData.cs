using System.Text.Json;

namespace Tallyman.Agent.Tests.CommandLines.Generated;

/// <summary>One command in a grammar file.</summary>
internal sealed record CommandData(string Path, IReadOnlyList<string> Spellings, IReadOnlyList<FlagData> Own)
{
    private readonly List<FlagData> _accepted = [];

    public bool IsGroup { get; init; }

    /// <summary>Whether flags behind a positional are none, in all versions or in the one that is asked for.</summary>
    public bool Stops { get; init; }

    /// <summary>Whether anything may stand behind a positional: in no version it is looked for flags.</summary>
    public bool IsDataBehind { get; init; }

    public bool IsUnparsed { get; init; }

    public bool AllowsBundles { get; init; }

    /// <summary>docker's plugin that has it.</summary>
    public string? Plugin { get; init; }

    /// <summary>The place of the image among the positionals; -1 if none is.</summary>
    public int ImagePlace { get; init; }

    /// <summary>Its own flags and the persistent ones of the commands above it that these do not hide.</summary>
    public IReadOnlyList<FlagData> Accepted => _accepted;

    public static CommandData Of(JsonElement element, string? version)
    {
        JsonElement args = element.TryGetProperty("args", out JsonElement given) ? given : default;
        bool[] stops = [element.GetProperty("stops_at_first_positional").GetBoolean(), .. StopsIn(element, static _ => true)];
        bool[] stopsThere = [.. StopsIn(element, name => name == version)];
        string path = Words(element.GetProperty("path"));
        return new CommandData(path, [path, .. SpellingsOf(element, version)], FlagsOf(element, path, version))
        {
            IsGroup = element.GetProperty("kind").GetString() == "group",
            Stops = stops.All(static each => each) || stopsThere is [true],
            IsDataBehind = stops.All(static each => each) && stopsThere is not [false],
            IsUnparsed = FlagData.IsTrue(element, "flag_parsing_disabled"),
            AllowsBundles = FlagData.IsTrue(element, "short_option_handling"),
            Plugin = element.TryGetProperty("plugin", out JsonElement plugin) ? plugin.GetString() : null,
            ImagePlace = Math.Max(PlaceOf(args, "image"), PlaceOf(args, "images_from")),
        };
    }

    public static bool IsIn(JsonElement element, string? version) =>
        version is null || !element.TryGetProperty("only_in", out JsonElement versions) || Texts(versions).Contains(version);

    public static string Words(JsonElement words) => string.Join(' ', Texts(words));

    public void Accept(IEnumerable<FlagData> flags)
    {
        foreach (FlagData flag in flags.Where(flag => !_accepted.Exists(each => each.Names.Contains(flag.Long))))
        {
            bool isTaken = _accepted.Exists(each => each.Short == flag.Short);
            _accepted.Add(flag with
            {
                Short = isTaken ? '\0' : flag.Short,
                Names = flag.Owner == Path ? flag.Names : [flag.Long], // other names are those of the command that has it
            });
        }
    }

    private static IEnumerable<string> SpellingsOf(JsonElement element, string? version) =>
        from alias in element.GetProperty("aliases").EnumerateArray().Select(Words)
        where version is null
            || !element.TryGetProperty("alias_only_in", out JsonElement onlyIn)
            || !onlyIn.TryGetProperty(alias, out JsonElement versions)
            || Texts(versions).Contains(version)
        select alias;

    private static FlagData[] FlagsOf(JsonElement element, string path, string? version) =>
    [
        .. from flag in element.GetProperty("flags").EnumerateArray()
           where IsIn(flag, version)
           let name = flag.GetProperty("long").GetString()
           let aliases = element.TryGetProperty("flag_name_aliases", out JsonElement all) ? all.EnumerateObject().Where(alias => alias.Value.GetString() == name).Select(static alias => alias.Name) : []
           select FlagData.Of(flag, path, [.. aliases], version),
    ];

    private static IEnumerable<bool> StopsIn(JsonElement element, Predicate<string> version) =>
        element.TryGetProperty("stops_at_first_positional_in", out JsonElement versions)
            ? versions.EnumerateObject().Where(each => version(each.Name)).Select(static each => each.Value.GetBoolean())
            : [];

    private static int PlaceOf(JsonElement args, string name) =>
        args.ValueKind == JsonValueKind.Object && args.TryGetProperty(name, out JsonElement place) && place.ValueKind == JsonValueKind.Number ? place.GetInt32() : -1;

    private static IEnumerable<string> Texts(JsonElement list) => list.EnumerateArray().Select(static text => text.GetString()!);
}
