using System.Text.Json;

namespace Tallyman.Agent.Redaction;

/// <summary>
/// Finds secrets in a Kubernetes object or a patch of one in JSON: values of variables, data of secrets, and what names, or
/// the path of a patch, announce. What is no JSON is one secret as a whole.
/// </summary>
internal static class KubernetesSecrets
{
    private const string Rule = "value in a Kubernetes object";

    public static void Find(Word word, int from, SecretNames names, SecretSpans found)
    {
        try
        {
            Read(word, from, names, found);
        }
        catch (JsonException)
        {
            found.Add(word, from, word.Length, "object that is no JSON");
        }
    }

    private static void Read(Word word, int from, SecretNames names, SecretSpans found)
    {
        ReadOnlySpan<byte> json = word.Text[from..];

        List<bool?> operations = JsonPatch.Read(json, names);
        int operation = -1;
        int secretDepth = -1; // of the object whose values are all secret
        bool isNext = false;
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    operation += reader.CurrentDepth == JsonPatch.Depth - 1 ? 1 : 0;
                    isNext = false;
                    break;
                case JsonTokenType.PropertyName:
                    bool isValue = reader.ValueTextEquals("value"u8);
                    bool? isOfPatch = isValue && reader.CurrentDepth == JsonPatch.Depth && operation < operations.Count ? operations[operation] : null;
                    isNext = (isValue && isOfPatch != false) || names.IsSecret(reader.ValueSpan);
                    if (secretDepth < 0 && (reader.ValueTextEquals("data"u8) || reader.ValueTextEquals("stringData"u8) || isOfPatch == true))
                    {
                        secretDepth = reader.CurrentDepth;
                    }

                    break;
                case JsonTokenType.String or JsonTokenType.Number:
                    if (isNext || secretDepth >= 0)
                    {
                        int quote = reader.TokenType == JsonTokenType.String ? 1 : 0;
                        found.Add(word, from + (int)reader.TokenStartIndex + quote, from + (int)reader.BytesConsumed - quote, Rule, isCertain: secretDepth >= 0);
                    }

                    EndValue(reader.CurrentDepth);
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray or JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null:
                    EndValue(reader.CurrentDepth);
                    break;
                default:
                    isNext = false;
                    break;
            }
        }

        void EndValue(int depth)
        {
            isNext = false;
            if (depth == secretDepth)
            {
                secretDepth = -1;
            }
        }
    }
}
