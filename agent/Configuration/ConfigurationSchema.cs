using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tallyman.Agent.Configuration;

/// <summary>The JSON Schema (2020-12) of a file of settings.</summary>
internal static class ConfigurationSchema
{
    /// <param name="exceptions">The schema of an entry under "exceptions".</param>
    public static string Text(JsonObject exceptions)
    {
        JsonObject root = LevelOf("The agent's settings. Each may stand in several files, in the environment and on the command line; the last of these wins.");
        root.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        root.Insert(1, "title", "tallyman.yaml");
        foreach (Setting setting in Settings.All)
        {
            JsonObject level = root;
            string[] names = setting.Path.Split('.');
            foreach (string name in names[..^1])
            {
                JsonObject properties = level["properties"]!.AsObject();
                if (!properties.ContainsKey(name))
                {
                    properties.Add(name, LevelOf(""));
                }

                level = properties[name]!.AsObject();
            }

            level["properties"]!.AsObject().Add(names[^1], setting.Schema());
        }

        root["properties"]!.AsObject().Add(ConfigurationFile.ExceptionsKey, new JsonObject
        {
            ["type"] = "array",
            ["items"] = exceptions,
            ["description"] = "Alerts that are expected here; those of all files add up",
        });
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            root.WriteTo(json);
        }

        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static JsonObject LevelOf(string description)
    {
        var level = new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = new JsonObject() };
        if (description.Length > 0)
        {
            level.Insert(2, "description", description);
        }

        return level;
    }
}
