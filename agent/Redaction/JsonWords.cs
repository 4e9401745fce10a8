using System.Text.Json;

namespace Tallyman.Agent.Redaction;

/// <summary>The lists of strings in JSON, and the strings beside them, each of which may be a command line: "command":["sh","-c","…"].</summary>
internal static class JsonWords
{
    public static bool IsJson(ReadOnlySpan<byte> text) => text is [(byte)'{' or (byte)'[', ..];

    /// <returns>Also of JSON that is broken off somewhere.</returns>
    public static List<ScriptCommand> Commands(Word json)
    {
        var commands = new List<ScriptCommand>();
        try
        {
            Read(json, commands);
        }
        catch (JsonException)
        {
            // what comes is no JSON; names and forms are looked for in it all the same
        }

        return commands;
    }

    private static void Read(Word json, List<ScriptCommand> commands)
    {
        ScriptCommand? list = null;
        var reader = new Utf8JsonReader(json.Text);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray:
                    commands.Add(list = new ScriptCommand());
                    break;
                case JsonTokenType.PropertyName or JsonTokenType.EndArray:
                    list = null; // what follows is none of the list
                    break;
                case JsonTokenType.String:
                    if (list is null)
                    {
                        commands.Add(list = new ScriptCommand());
                    }

                    int start = (int)reader.TokenStartIndex + 1;
                    list.Words.Add(Unescape(json, start, (int)reader.BytesConsumed - 1));
                    break;
            }
        }
    }

    /// <summary>Escapes that are more than a character that stands for itself are left as they are.</summary>
    private static Word Unescape(Word json, int start, int end)
    {
        ReadOnlySpan<byte> text = json.Text;
        var bytes = new List<byte>(end - start);
        var places = new List<int>(end - start);
        for (int i = start; i < end; i++)
        {
            bool isEscape = text[i] == '\\' && i + 1 < end && text[i + 1] is (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'n' or (byte)'t';
            i += isEscape ? 1 : 0;
            bytes.Add(isEscape ? text[i] switch { (byte)'n' => (byte)'\n', (byte)'t' => (byte)'\t', _ => text[i] } : text[i]);
            places.Add(json.PlaceOf(i));
        }

        return new Word(bytes.ToArray(), json.Arg, places.ToArray());
    }
}
