using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Tallyman.Agent.Configuration;

/// <summary>What a setting may be: how it is read from text, what the person who got it wrong is told, and its JSON Schema.</summary>
/// <param name="MustBe">Behind "must be": "auto, ebpf or auditd".</param>
internal abstract record ValueKind(string MustBe)
{
    public abstract JsonObject Schema();
}

/// <inheritdoc/>
internal abstract record ValueKind<T>(string MustBe) : ValueKind(MustBe)
{
    /// <returns>False if it is not what it must be.</returns>
    public abstract bool TryRead(string text, out T value);

    /// <summary>As it would stand in YAML.</summary>
    public abstract string Write(T value);
}

/// <summary>One of a few words.</summary>
internal sealed record ChoiceKind(ImmutableArray<string> Choices)
    : ValueKind<string>($"{string.Join(", ", Choices[..^1])} or {Choices[^1]}")
{
    public override bool TryRead(string text, out string value)
    {
        value = text;
        return Choices.Contains(text);
    }

    public override string Write(string value) => value;

    public override JsonObject Schema() => new() { ["enum"] = new JsonArray([.. Choices.Select(static choice => (JsonNode)JsonValue.Create(choice)!)]) };
}

/// <summary>The path of a file or a directory, which need not be there.</summary>
internal sealed record PathKind() : ValueKind<string>("the absolute path of a file or a directory")
{
    public override bool TryRead(string text, out string value)
    {
        value = text;
        return text.Length > 0 && text[0] == '/' && !text.Contains('\0', StringComparison.Ordinal);
    }

    public override string Write(string value) => value;

    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = "^/" };
}

/// <summary>A text that must not be empty, such as a name or an address; who uses it looks closer.</summary>
internal sealed record TextKind(string MustBe) : ValueKind<string>(MustBe)
{
    public override bool TryRead(string text, out string value)
    {
        value = text;
        return text.Length > 0;
    }

    public override string Write(string value) => value;

    public override JsonObject Schema() => new() { ["type"] = "string", ["minLength"] = 1 };
}

/// <summary>What collectors take for the id of an agent.</summary>
internal sealed record IdKind() : ValueKind<string>("1 to 128 letters, digits, and - _ .")
{
    private const int Longest = 128;

    public override bool TryRead(string text, out string value)
    {
        value = text;
        return text.Length is > 0 and <= Longest && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
    }

    public override string Write(string value) => value;

    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = "^[A-Za-z0-9_.-]{1,128}$" };
}

internal sealed record SwitchKind() : ValueKind<bool>("true or false")
{
    public override bool TryRead(string text, out bool value)
    {
        value = text == "true";
        return text is "true" or "false";
    }

    public override string Write(bool value) => value ? "true" : "false";

    public override JsonObject Schema() => new() { ["type"] = "boolean" };
}

/// <summary>Bytes in MiB, GiB or TiB.</summary>
internal sealed record SizeKind(long Least, long Most) : ValueKind<long>($"{TextOf(Least)} to {TextOf(Most)}, like 256MiB")
{
    private const long MiB = 1024 * 1024;

    private static readonly (string Name, long Bytes)[] Units = [("TiB", MiB * MiB), ("GiB", 1024 * MiB), ("MiB", MiB)];

    public override bool TryRead(string text, out long value)
    {
        value = 0;
        long unit = Units.FirstOrDefault(unit => text.EndsWith(unit.Name, StringComparison.Ordinal)).Bytes;
        if (unit == 0 || !long.TryParse(text.AsSpan(0, text.Length - 3), NumberStyles.None, CultureInfo.InvariantCulture, out long count) || count > Most / unit)
        {
            return false;
        }

        value = count * unit;
        return value >= Least;
    }

    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = "^[0-9]+(MiB|GiB|TiB)$" };

    public override string Write(long value) => TextOf(value);

    private static string TextOf(long bytes) =>
        Units.Where(unit => bytes % unit.Bytes == 0).Select(unit => string.Create(CultureInfo.InvariantCulture, $"{bytes / unit.Bytes}{unit.Name}")).First();
}
