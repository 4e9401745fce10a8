using System.Text;
using System.Text.Json;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Redaction;

/// <summary>Everything that is known of secrets, from secrets.json; README.md explains its fields.</summary>
internal sealed class SecretRules
{
    private const int LongestVariable = 64;

    private readonly Dictionary<Tool, ToolSecrets> _tools = [];
    private readonly Dictionary<string, ProgramSecrets> _programs = new(StringComparer.Ordinal);
    private readonly HashSet<string> _harmless;

    /// <param name="names">Beside those in the data.</param>
    /// <exception cref="InvalidDataException">The data is not what this code reads.</exception>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public SecretRules(ReadOnlyMemory<byte> json, params IEnumerable<string> names)
    {
        using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        JsonElement root = document.RootElement;
        foreach (Tool tool in ToolNames.ContainerTools)
        {
            _tools.Add(tool, new ToolSecrets(Grammars.Of(tool), root.GetProperty("tools").GetProperty(tool.Name())));
        }

        foreach (JsonElement row in root.GetProperty("programs").EnumerateArray())
        {
            AddProgram(row);
        }

        Names = new SecretNames(root.GetProperty("names"), names);
        Tokens = new TokenShapes(root.GetProperty("tokens"), new UrlSecrets([.. Texts(root, "harmless_users")]));
        _harmless = [.. Texts(root, "harmless_variables")];
    }

    public SecretNames Names { get; }

    public TokenShapes Tokens { get; }

    /// <returns>Null for a program that has no grammar.</returns>
    public ToolSecrets? Of(Tool tool) => _tools.GetValueOrDefault(tool);

    /// <summary>How the program that a word names by its path takes secrets; null for most.</summary>
    public ProgramSecrets? OfProgram(ReadOnlySpan<byte> path)
    {
        ReadOnlySpan<byte> name = path[(path.LastIndexOf((byte)'/') + 1)..];
        return CommandLines.Names.TryFind(_programs, name, out ProgramSecrets? secrets) ? secrets : null;
    }

    /// <summary>Whether the value of this variable is never a secret.</summary>
    public bool IsHarmless(ReadOnlySpan<byte> variable) => variable.Length <= LongestVariable && _harmless.Contains(Encoding.Latin1.GetString(variable));

    internal static SecretForm FormOf(JsonElement row) => row.GetProperty("as").GetString() switch
    {
        "none" => SecretForm.None,
        "whole" => SecretForm.Whole,
        "pair" => SecretForm.Pair,
        "variable" => SecretForm.Variable,
        "user_password" => SecretForm.UserPassword,
        "json" => SecretForm.Json,
        "instruction" => SecretForm.Instruction,
        "named" => SecretForm.Named,
        "user_password_at_host" => SecretForm.UserPasswordAtHost,
        "user_slash_password" => SecretForm.UserSlashPassword,
        "passwd_entry" => SecretForm.PasswdEntry,
        "driver_option" => SecretForm.DriverOption,
        string unknown => throw new InvalidDataException($"there is no form of secret '{unknown}'"),
        null => throw new InvalidDataException("as must not be null"),
    };

    /// <summary>One text or a list of them; none if the property is not there.</summary>
    internal static IEnumerable<string> Texts(JsonElement row, string property) =>
        !row.TryGetProperty(property, out JsonElement value) ? []
        : value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Select(static text => text.GetString()!)
        : [value.GetString()!];

    private void AddProgram(JsonElement row)
    {
        SecretForm form = FormOf(row);
        string switches = row.TryGetProperty("switches", out JsonElement letters) ? letters.GetString()! : "";
        bool isAttached = row.TryGetProperty("attached", out JsonElement attached) && attached.GetBoolean();
        int from = row.TryGetProperty("positionals_from", out JsonElement place) ? place.GetInt32() : -1;
        foreach (string program in Texts(row, "named"))
        {
            if (!_programs.TryGetValue(program, out ProgramSecrets? secrets))
            {
                _programs.Add(program, secrets = new ProgramSecrets());
            }

            secrets.Flags.AddRange(Texts(row, "flag").Select(flag => new ProgramFlag(flag, form, switches, isAttached)));
            secrets.Inputs.AddRange(Texts(row, "input").Select(flag => new ProgramInput(flag, form)));
            if (from >= 0)
            {
                secrets.Positionals.AddRange(Texts(row, "behind").DefaultIfEmpty("").Select(words =>
                    new ProgramPositionals(words.Split(' ', StringSplitOptions.RemoveEmptyEntries), from, form)));
            }
        }
    }
}
