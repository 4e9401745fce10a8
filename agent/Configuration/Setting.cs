using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Tallyman.Agent.Configuration;

/// <summary>One thing that can be set: in files under its path, in the environment and on the command line.</summary>
/// <param name="Path">As it stands in files, levels with a dot between them: spool.size.</param>
/// <param name="Sentence">What it decides, for help and documentation.</param>
internal abstract record Setting(string Path, string Sentence)
{
    public const string VariablePrefix = "TALLYMAN__";

    /// <summary>TALLYMAN__SPOOL__SIZE; of several values with commas between them.</summary>
    public string Variable => VariablePrefix + Path.Replace(".", "__", StringComparison.Ordinal).ToUpperInvariant();

    /// <summary>--spool-size.</summary>
    public string Flag { get; init; } = "--" + Path.Replace('.', '-').Replace('_', '-');

    /// <summary>Of the flag's value in help; null for a switch.</summary>
    public string? ValueName { get; init; }

    /// <summary>Whether a change has effect while the agent runs.</summary>
    public bool IsReloaded { get; init; }

    public abstract bool IsList { get; }

    public abstract ValueKind Kind { get; }

    /// <summary>As it would stand in YAML; null for none.</summary>
    public abstract string? DefaultText { get; }

    /// <returns>What is wrong, as a sentence without a subject; null if nothing is.</returns>
    public abstract string? Check(IReadOnlyList<string> texts);

    public JsonObject Schema()
    {
        JsonObject schema = IsList ? new JsonObject { ["type"] = "array", ["items"] = Kind.Schema() } : Kind.Schema();
        schema["description"] = Sentence;
        if (DefaultText is string text)
        {
            schema["default"] = IsList ? new JsonArray() : Kind is SwitchKind ? JsonValue.Create(text == "true") : JsonValue.Create(text);
        }

        return schema;
    }
}

/// <summary>A setting of one value.</summary>
/// <param name="Default">Null if there is none.</param>
internal sealed record Setting<T>(string Path, ValueKind<T> ValueKind, T? Default, string Sentence) : Setting(Path, Sentence)
{
    public override bool IsList => false;

    public override ValueKind Kind => ValueKind;

    public override string? DefaultText => Default is null ? null : ValueKind.Write(Default);

    public override string? Check(IReadOnlyList<string> texts) =>
        texts is [string text] && ValueKind.TryRead(text, out _) ? null
        : texts is [string wrong] ? $"must be {Kind.MustBe}, is '{wrong}'"
        : $"must be one value, {Kind.MustBe}, is {texts.Count}";

    public T? Read(IReadOnlyList<string>? texts) => texts is [string text] && ValueKind.TryRead(text, out T value) ? value : Default;
}

/// <summary>A setting of any number of values.</summary>
internal sealed record ListSetting(string Path, TextKind ItemKind, string Sentence) : Setting(Path, Sentence)
{
    public override bool IsList => true;

    public override ValueKind Kind => ItemKind;

    public override string DefaultText => "[]";

    public override string? Check(IReadOnlyList<string> texts) =>
        texts.FirstOrDefault(text => !ItemKind.TryRead(text, out _)) is string wrong ? $"must each be {Kind.MustBe}, one is '{wrong}'" : null;
}
