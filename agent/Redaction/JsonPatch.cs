using System.Text;
using System.Text.Json;

namespace Tallyman.Agent.Redaction;

/// <summary>A patch of RFC 6902: [{"op":"add","path":"/data/a","value":"x"}], in which the path says what the value is.</summary>
internal static class JsonPatch
{
    /// <summary>How deep the properties of an operation are.</summary>
    public const int Depth = 2;

    /// <returns>Of each operation, whether its value is a secret; null of what is none, in particular if it has no path.</returns>
    public static List<bool?> Read(ReadOnlySpan<byte> json, SecretNames names)
    {
        var operations = new List<bool?>();
        bool isPatch = json.TrimStart(" \t\r\n"u8) is [(byte)'[', ..];
        bool isPath = false;
        var reader = new Utf8JsonReader(json);
        while (isPatch && reader.Read())
        {
            if (reader is { TokenType: JsonTokenType.StartObject, CurrentDepth: Depth - 1 })
            {
                operations.Add(null);
            }
            else if (isPath && reader.TokenType == JsonTokenType.String)
            {
                operations[^1] = operations[^1] == true || reader.ValueIsEscaped || IsSecret(Encoding.Latin1.GetString(reader.ValueSpan), names);
            }

            isPath = reader is { TokenType: JsonTokenType.PropertyName, CurrentDepth: Depth } && reader.ValueTextEquals("path"u8);
        }

        return operations;
    }

    private static bool IsSecret(string path, SecretNames names)
    {
        string[] parts = path.Split('/');
        return parts.Any(static part => part is "data" or "stringData" or "binaryData")
            || parts is [.., "env", _, "value"]
            || names.IsSecret(Encoding.Latin1.GetBytes(parts[^1].Replace("~1", "/", StringComparison.Ordinal)));
    }
}
