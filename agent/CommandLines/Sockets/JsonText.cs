using System.Globalization;
using System.Text.Json;

namespace Tallyman.Agent.CommandLines.Sockets;

/// <summary>JSON as Go's encoding/json reads it, where System.Text.Json does not.</summary>
internal static class JsonText
{
    /// <summary>Surrogates that stand alone as escapes become U+FFFD: System.Text.Json throws at them whenever they are met.</summary>
    public static string Repair(string text)
    {
        char[]? repaired = null;
        for (int i = 0; i + 5 < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                continue;
            }

            if (Escape(text, i) is not char c || !char.IsSurrogate(c))
            {
                i++; // what is escaped may be a backslash
            }
            else if (char.IsHighSurrogate(c) && Escape(text, i + 6) is char low && char.IsLowSurrogate(low))
            {
                i += 11;
            }
            else
            {
                repaired ??= text.ToCharArray();
                "\\ufffd".CopyTo(repaired.AsSpan(i));
                i += 5;
            }
        }

        return repaired is null ? text : new string(repaired);
    }

    /// <summary>A key for comparison: Go goes by case folding, where the long s is an s and the sign of Kelvin a k.</summary>
    public static string Fold(string key) =>
        key.Replace('ſ', 's').Replace('\u212a', 'k').ToLowerInvariant();

    /// <summary>The value of a key in an object; of several the last.</summary>
    /// <param name="key">Folded.</param>
    public static JsonElement? Find(this JsonElement element, string key)
    {
        JsonElement? found = null;
        foreach (JsonProperty property in element.ValueKind == JsonValueKind.Object ? element.EnumerateObject() : default)
        {
            if (Fold(property.Name) == key)
            {
                found = property.Value;
            }
        }

        return found;
    }

    public static string? FindText(this JsonElement element, string key) => element.Find(key)?.Text();

    /// <summary>Null if it is no text.</summary>
    public static string? Text(this JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A list of texts, or one text for a list of one.</summary>
    public static IEnumerable<string> Texts(this JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Array => value.EnumerateArray().Select(Text).OfType<string>(),
        _ => [],
    };

    private static char? Escape(string text, int at) =>
        at + 5 < text.Length && text[at] == '\\' && text[at + 1] == 'u'
        && ushort.TryParse(text.AsSpan(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code)
            ? (char)code
            : null;
}
