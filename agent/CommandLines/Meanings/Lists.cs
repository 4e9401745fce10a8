using System.Text;
using System.Text.Json;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>Values that are lists.</summary>
internal static class Lists
{
    public static IReadOnlyList<string> Split(string text, Repetition repetition) => repetition switch
    {
        Repetition.EachCsv when text.Contains(',') || text.Contains('"') => Csv(text) ?? [text],
        Repetition.EachComma => text.Split(','),
        _ => [text],
    };

    /// <summary>
    /// One record as Go's encoding/csv reads it: commas, fields in double quotes with "" for a quote in them.
    /// Null if that rejects it: a quote in the middle of a field or one that never ends.
    /// </summary>
    public static List<string>? Csv(string text)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        int i = 0;
        while (true)
        {
            field.Clear();
            if (i < text.Length && text[i] == '"')
            {
                for (i++; ; i++)
                {
                    if (i >= text.Length)
                    {
                        return null;
                    }

                    if (text[i] != '"')
                    {
                        field.Append(text[i]);
                    }
                    else if (i + 1 < text.Length && text[i + 1] == '"')
                    {
                        field.Append('"');
                        i++;
                    }
                    else
                    {
                        i++;
                        break;
                    }
                }
            }
            else
            {
                for (; i < text.Length && text[i] != ','; i++)
                {
                    if (text[i] == '"')
                    {
                        return null;
                    }

                    field.Append(text[i]);
                }
            }

            fields.Add(field.ToString());
            if (i >= text.Length)
            {
                return fields;
            }

            if (text[i] != ',')
            {
                return null;
            }

            i++;
        }
    }

    /// <summary>A JSON list of texts; null if it is none.</summary>
    public static List<string>? Json(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Array && document.RootElement.EnumerateArray().All(static item => item.ValueKind == JsonValueKind.String)
                ? [.. document.RootElement.EnumerateArray().Select(static item => item.GetString()!)]
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A record of key=value fields; the value of a field without '=' is null.</summary>
    public static IEnumerable<(string Key, string? Value)> Pairs(IEnumerable<string> fields)
    {
        foreach (string field in fields)
        {
            int equals = field.IndexOf('=', StringComparison.Ordinal);
            yield return equals < 0 ? (field, null) : (field[..equals], field[(equals + 1)..]);
        }
    }
}
