using System.Text.Json;

namespace Tallyman.Agent.Tests.CommandLines.Generated;

internal enum Arity
{
    Switch,
    Optional,
    Required,
}

/// <summary>One flag in a grammar file.</summary>
/// <param name="Owner">The path of the command in whose list it stands.</param>
/// <param name="Names">All its long names.</param>
/// <param name="Short">Its letter; '\0' if it has none.</param>
internal sealed record FlagData(string Owner, string Long, IReadOnlyList<string> Names, char Short, Arity Arity, string Type)
{
    /// <summary>Whether every use counts; else the last does.</summary>
    public bool Repeats { get; init; }

    public bool IsPersistent { get; init; }

    /// <summary>Left out of the help text.</summary>
    public bool IsHidden { get; init; }

    public bool Is(FlagData other) => Owner == other.Owner && Long == other.Long && Short == other.Short;

    /// <summary>Whether this is one of its names, without dashes.</summary>
    public bool Answers(string name) => Names.Contains(name) || (name.Length == 1 && name[0] == Short);

    public static FlagData Of(JsonElement flag, string owner, IReadOnlyList<string> otherNames, string? version)
    {
        string name = flag.GetProperty("long").GetString()!;
        IEnumerable<string> aliases = flag.TryGetProperty("aliases", out JsonElement all) ? all.EnumerateArray().Select(static alias => alias.GetString()!) : [];
        Arity arity = IsTrue(flag, "value") ? Arity.Required : IsTrue(flag, "optional_value") ? Arity.Optional : Arity.Switch;
        return new FlagData(owner, name, [name, .. aliases, .. otherNames], ShortOf(flag, version), arity, flag.GetProperty("type").GetString()!)
        {
            Repeats = flag.GetProperty("repeat").GetString() != "last",
            IsPersistent = IsTrue(flag, "persistent"),
            IsHidden = IsTrue(flag, "hidden") || flag.TryGetProperty("deprecated", out _),
        };
    }

    public static bool IsTrue(JsonElement element, string property) =>
        element.TryGetProperty(property, out JsonElement value) && value.ValueKind == JsonValueKind.True;

    private static char ShortOf(JsonElement flag, string? version)
    {
        if (version is not null && flag.TryGetProperty("short_in", out JsonElement byVersion) && byVersion.TryGetProperty(version, out JsonElement letter))
        {
            return letter.ValueKind == JsonValueKind.String ? letter.GetString()![0] : '\0';
        }

        return flag.TryGetProperty("short", out letter) ? letter.GetString()![0] : '\0';
    }
}
