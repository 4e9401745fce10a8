using System.Text;
using System.Text.Json;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines;

/// <summary>Reads a grammar file; Grammars/README.md explains its fields.</summary>
internal static class GrammarReader
{
    /// <exception cref="InvalidDataException">The data is not what this code reads: a mistake in the repository, found by its tests.</exception>
    public static Grammar Read(Tool tool, ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        if (root.GetProperty("schema").GetInt32() != 1 || root.GetProperty("tool").GetString() != tool.Name())
        {
            throw new InvalidDataException($"the grammar of {tool.Name()} must have schema 1 and its own name");
        }

        FlagStyle style = root.GetProperty("flag_style").GetString() == "pflag" ? FlagStyle.Pflag : FlagStyle.Urfave;
        JsonElement[] elements = [.. root.GetProperty("commands").EnumerateArray()];
        var commands = new Dictionary<string, GrammarCommand>(StringComparer.Ordinal);
        foreach (JsonElement element in elements.OrderBy(element => element.GetProperty("path").GetArrayLength()))
        {
            AddCommand(commands, element, tool);
        }

        foreach (JsonElement element in elements)
        {
            AddFlags(commands, element, commands[PathOf(element)], style);
        }

        AddSpellings(commands, elements);
        foreach (JsonElement element in elements)
        {
            AddFlagsOfOthers(commands, element);
        }

        return new Grammar(tool, style, commands.Values, AnyCommandOf(tool, commands.Values));
    }

    private static void AddCommand(Dictionary<string, GrammarCommand> commands, JsonElement element, Tool tool)
    {
        string path = PathOf(element);
        string above = path.Contains(' ', StringComparison.Ordinal) ? path[..path.LastIndexOf(' ')] : "";
        commands.Add(path, new GrammarCommand(path, path.Length == 0 ? null : commands[above])
        {
            IsGroup = element.GetProperty("kind").GetString() == "group",
            StopsAtFirstPositional = StopsInAllVersions(element),
            IsUnparsed = IsTrue(element, "flag_parsing_disabled"),
            ReadsUnderscores = tool == Tool.Kubectl,
            AllowsBundles = IsTrue(element, "short_option_handling"),
            Places = element.TryGetProperty("args", out JsonElement args) ? PlacesOf(args) : PositionalPlaces.None,
        });
    }

    /// <summary>Where versions differ, flags behind a positional are still looked for: any of them may be on a host.</summary>
    private static bool StopsInAllVersions(JsonElement element) =>
        element.GetProperty("stops_at_first_positional").GetBoolean()
        && !(element.TryGetProperty("stops_at_first_positional_in", out JsonElement versions) && versions.EnumerateObject().Any(static version => !version.Value.GetBoolean()));

    private static void AddFlags(Dictionary<string, GrammarCommand> commands, JsonElement element, GrammarCommand command, FlagStyle style)
    {
        foreach (JsonElement flag in element.GetProperty("flags").EnumerateArray())
        {
            command.AddFlag(FlagOf(flag));
        }

        if (element.TryGetProperty("flag_name_aliases", out JsonElement aliases))
        {
            foreach (JsonProperty alias in aliases.EnumerateObject())
            {
                command.AddFlagName(alias.Name, alias.Value.GetString()!);
            }
        }

        for (GrammarCommand? above = command.Parent; above is not null && style == FlagStyle.Pflag; above = above.Parent)
        {
            foreach (GrammarFlag flag in commands[above.Path].Flags.Where(flag => flag.IsPersistent))
            {
                command.AddFlag(flag);
            }
        }
    }

    private static void AddSpellings(Dictionary<string, GrammarCommand> commands, JsonElement[] elements)
    {
        IEnumerable<(string[] Words, GrammarCommand Command)> spellings =
            from element in elements
            from spelling in element.GetProperty("aliases").EnumerateArray().Prepend(element.GetProperty("path"))
            select (spelling.EnumerateArray().Select(word => word.GetString()!).ToArray(), commands[PathOf(element)]);
        foreach ((string[] words, GrammarCommand command) in spellings.Where(spelling => spelling.Words.Length > 0).OrderBy(spelling => spelling.Words.Length))
        {
            GrammarCommand above = words.SkipLast(1).Aggregate(
                commands[""],
                (group, word) => group.Child(Encoding.UTF8.GetBytes(word)) ?? throw new InvalidDataException($"{word} in '{string.Join(' ', words)}' is no command"));
            above.AddChild(words[^1], command);
        }
    }

    private static void AddFlagsOfOthers(Dictionary<string, GrammarCommand> commands, JsonElement element)
    {
        if (element.TryGetProperty("also_grammar_of", out JsonElement other))
        {
            string path = string.Join(' ', other.EnumerateArray().Select(word => word.GetString()));
            foreach (GrammarFlag flag in commands[path].Flags)
            {
                commands[PathOf(element)].AddFlag(flag);
            }
        }
    }

    private static GrammarFlag FlagOf(JsonElement flag) => new()
    {
        Long = flag.GetProperty("long").GetString()!,
        Short = flag.TryGetProperty("short", out JsonElement letter) ? letter.GetString()![0] : '\0',
        Aliases = flag.TryGetProperty("aliases", out JsonElement aliases) ? [.. aliases.EnumerateArray().Select(alias => alias.GetString()!)] : [],
        IsPersistent = IsTrue(flag, "persistent"),
        Value = IsTrue(flag, "value") ? FlagValue.Required : IsTrue(flag, "optional_value") ? FlagValue.Optional : FlagValue.Switch,
        Repetition = flag.GetProperty("repeat").GetString() switch
        {
            "last" => Repetition.Last,
            "append" => Repetition.Each,
            "append_csv" => Repetition.EachCsv,
            "append_comma" => Repetition.EachComma,
            string unknown => throw new InvalidDataException($"repeat must be last, append, append_csv or append_comma, is {unknown}"),
            null => throw new InvalidDataException("repeat must not be null"),
        },
    };

    private static PositionalPlaces PlacesOf(JsonElement args)
    {
        int Place(string name) => args.TryGetProperty(name, out JsonElement place) && place.ValueKind == JsonValueKind.Number ? place.GetInt32() : -1;
        var conditional = new List<(string, PositionalPlaces)>();
        if (args.TryGetProperty("if_flag", out JsonElement ifFlag))
        {
            foreach (JsonProperty condition in ifFlag.EnumerateObject())
            {
                PositionalPlaces places = PlacesOf(condition.Value);
                conditional.AddRange(condition.Name.Split('|').Select(name => (name, places)));
            }
        }

        return new PositionalPlaces(Math.Max(Place("image"), Place("images_from")), Place("command_from"))
        {
            Rootfs = Place("host_path_as_rootfs"),
            IfFlag = conditional,
        };
    }

    private static GrammarCommand AnyCommandOf(Tool tool, IEnumerable<GrammarCommand> commands)
    {
        // Commands that start containers first: where flags of one name differ, theirs are meant.
        var any = new GrammarCommand("", null) { StopsAtFirstPositional = tool != Tool.Kubectl, ReadsUnderscores = tool == Tool.Kubectl };
        foreach (GrammarCommand command in commands.OrderBy(static command => command.Path switch
        {
            "container run" or "run" => 0,
            "container create" or "containers create" => 1,
            "container exec" or "tasks exec" or "exec" => 2,
            _ => 3,
        }))
        {
            foreach (GrammarFlag flag in command.Flags)
            {
                any.AddFlag(flag);
            }
        }

        return any;
    }

    private static string PathOf(JsonElement command) =>
        string.Join(' ', command.GetProperty("path").EnumerateArray().Select(word => word.GetString()));

    private static bool IsTrue(JsonElement element, string property) =>
        element.TryGetProperty(property, out JsonElement value) && value.ValueKind == JsonValueKind.True;
}
