using System.Text;
using System.Text.Json;
using Tallyman.Agent.CommandLines;

namespace Tallyman.Agent.Redaction;

/// <summary>
/// Finds the values of variables in JSON whatever their names, as those of -e: "Env":["NAME=VALUE"], "env":{"NAME":"VALUE"},
/// "env":[{"name":"NAME","value":"VALUE"}]; and what a name says is one: "password":{"value":"VALUE"}.
/// </summary>
internal static class JsonVariables
{
    private const string Rule = "variable in JSON";

    public static void Find(Word json, SecretRules rules, SecretSpans found)
    {
        try
        {
            Read(json, rules, found);
        }
        catch (JsonException)
        {
            // what comes is no JSON; names and forms are looked for in it all the same
        }
    }

    private static void Read(Word json, SecretRules rules, SecretSpans found)
    {
        int variables = -1; // depth of the list or the object that holds them
        int secret = -1; // depth of the object whose value is one
        ReadOnlySpan<byte> name = default;
        var reader = new Utf8JsonReader(json.Text);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    name = reader.ValueSpan;
                    continue;
                case JsonTokenType.StartArray or JsonTokenType.StartObject:
                    variables = variables < 0 && IsVariables(name) ? reader.CurrentDepth : variables;
                    secret = secret < 0 && reader.TokenType == JsonTokenType.StartObject && rules.Names.IsSecret(name) ? reader.CurrentDepth : secret;
                    break;
                case JsonTokenType.EndArray or JsonTokenType.EndObject:
                    variables = reader.CurrentDepth == variables ? -1 : variables;
                    secret = reader.CurrentDepth == secret ? -1 : secret;
                    break;
                case JsonTokenType.String or JsonTokenType.Number:
                    int quote = reader.TokenType == JsonTokenType.String ? 1 : 0;
                    int start = (int)reader.TokenStartIndex + quote;
                    int end = (int)reader.BytesConsumed - quote;
                    bool isVariable = variables >= 0 && reader.CurrentDepth == variables + 1;
                    bool isValue = (variables >= 0 || (secret >= 0 && reader.CurrentDepth == secret + 1)) && name.SequenceEqual("value"u8);
                    if (isValue || (isVariable && name.Length > 0 && !rules.IsHarmless(name)))
                    {
                        found.Add(json, start, end, Rule, isCertain: rules.Names.IsSecret(name));
                    }
                    else if (isVariable && name.IsEmpty && end > start)
                    {
                        SecretForms.Add(SecretForm.Variable, json.Part(start, end - start), 0, Repetition.Each, Rule, rules, found);
                    }

                    break;
            }

            name = default;
        }
    }

    private static bool IsVariables(ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(name, "env"u8) || Ascii.EqualsIgnoreCase(name, "environment"u8);
}
