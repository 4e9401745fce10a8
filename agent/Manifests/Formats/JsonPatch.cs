using System.Globalization;
using Tallyman.Agent.Yaml;

namespace Tallyman.Agent.Manifests.Formats;

/// <summary>
/// RFC 6902: a list of changes to an object. What is added is put where it will stand, and read as a part of an object.
/// </summary>
internal static class JsonPatch
{
    private const int Deepest = 32;

    public static void Read(ManifestReading reading, Cursor document)
    {
        foreach (Cursor change in document.ItemsOrSelf)
        {
            if (change["op"].Text is not ("add" or "replace") || change["value"].Node is not YamlNode value)
            {
                continue;
            }

            string[] steps = (change["path"].Text ?? "").Split('/', Deepest + 2);
            if (steps.Length > Deepest + 1)
            {
                reading.Fail(string.Create(CultureInfo.InvariantCulture, $"paths of a patch may be {Deepest} deep, are deeper"));
                continue;
            }

            for (int i = steps.Length - 1; i > 0; i--)
            {
                value = Put(value, steps[i].Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal));
            }

            KubernetesObject.ReadPatch(reading, Cursor.Root(value, change.ToString()));
        }
    }

    private static YamlNode Put(YamlNode value, string step) =>
        step is "-" || (step.Length > 0 && step.All(char.IsAsciiDigit))
            ? new YamlSequence(value.Line, [value])
            : new YamlMapping(value.Line, [new(new YamlScalar(value.Line, step, IsPlain: false), value)]);
}
