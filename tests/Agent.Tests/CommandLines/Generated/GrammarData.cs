using System.Text.Json;

namespace Tallyman.Agent.Tests.CommandLines.Generated;

/// <summary>
/// A grammar file as the tests read it: apart from the product's reader, whose mistakes must not be theirs, and with the
/// keys that are for people, such as the versions that have a flag.
/// </summary>
internal sealed class GrammarData
{
    private GrammarData(string tool, bool isUrfave, IReadOnlyList<string> versions, IReadOnlyList<CommandData> commands)
    {
        Tool = tool;
        IsUrfave = isUrfave;
        Versions = versions;
        Commands = commands;
        foreach (CommandData command in commands)
        {
            foreach (string spelling in command.Spellings)
            {
                BySpelling.TryAdd(spelling, command);
            }
        }
    }

    public string Tool { get; }

    public bool IsUrfave { get; }

    /// <summary>The versions of the tool itself that were read, not of its plugins.</summary>
    public IReadOnlyList<string> Versions { get; }

    public IReadOnlyList<CommandData> Commands { get; }

    public CommandData Root => BySpelling[""];

    /// <summary>Every full spelling of every command, words separated by a space: "c create".</summary>
    public Dictionary<string, CommandData> BySpelling { get; } = new(StringComparer.Ordinal);

    /// <param name="version">One of the versions read: what it has not is left out. Null: all of them together.</param>
    public static GrammarData Load(string tool, string? version = null)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Repository.Path($"agent/CommandLines/Grammars/{tool}.json")));
        JsonElement root = document.RootElement;
        string[] versions = [.. root.GetProperty("versions_read").EnumerateObject().First().Value.EnumerateArray().Select(static text => text.GetString()!.Split(' ')[0])];
        JsonElement[] elements = [.. root.GetProperty("commands").EnumerateArray().Where(element => CommandData.IsIn(element, version))];
        CommandData[] commands = [.. elements.Select(element => CommandData.Of(element, version))];
        var byPath = commands.ToDictionary(static command => command.Path, StringComparer.Ordinal);
        bool isUrfave = root.GetProperty("flag_style").GetString() != "pflag";
        foreach (CommandData command in commands)
        {
            command.Accept(command.Own);
            for (string path = command.Path; path.Length > 0 && !isUrfave;)
            {
                path = path.Contains(' ', StringComparison.Ordinal) ? path[..path.LastIndexOf(' ')] : "";
                command.Accept(byPath[path].Own.Where(static flag => flag.IsPersistent));
            }
        }

        foreach ((JsonElement element, CommandData command) in elements.Zip(commands))
        {
            if (version is null && element.TryGetProperty("also_grammar_of", out JsonElement other))
            {
                command.Accept(byPath[CommandData.Words(other)].Accepted);
            }
        }

        return new GrammarData(tool, isUrfave, versions, commands);
    }
}
