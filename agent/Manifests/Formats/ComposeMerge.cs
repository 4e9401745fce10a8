using Tallyman.Agent.Yaml;

namespace Tallyman.Agent.Manifests.Formats;

/// <summary>
/// Puts one part of a compose file over another as compose does: mappings key by key, lists one behind the other, but
/// commands and mounts at one place as a whole. What is tagged !reset goes, what is tagged !override stands alone.
/// </summary>
internal static class ComposeMerge
{
    private const int Deepest = 64;

    /// <summary>Lists that a later file replaces.</summary>
    private static readonly string[] Replaced = ["command", "entrypoint", "test"];

    /// <summary>Documents over one another, the later over the earlier; null if there are none.</summary>
    public static YamlMapping? Together(IEnumerable<YamlMapping> documents)
    {
        YamlMapping? together = null;
        foreach (YamlMapping document in documents)
        {
            together = Over(together, document);
        }

        return together;
    }

    public static YamlMapping Over(YamlMapping? below, YamlMapping above) => (YamlMapping)Over(below ?? above with { Entries = [] }, above with { Tag = null }, "", 0)!;

    private static YamlNode? Over(YamlNode? below, YamlNode above, string key, int depth) => (below, above) switch
    {
        (_, { Tag: "!reset" }) => null,
        (_, { Tag: "!override" }) => Over(null, above with { Tag = null }, key, depth),
        (_, YamlMapping mapping) when depth < Deepest => OverMapping(below as YamlMapping, mapping, depth),
        (YamlSequence list, YamlSequence other) when !Replaced.Contains(key) => OverList(list, other, key),
        _ => above,
    };

    private static YamlMapping OverMapping(YamlMapping? below, YamlMapping above, int depth)
    {
        var entries = new List<KeyValuePair<YamlScalar, YamlNode>>(below?.Entries ?? []);
        Dictionary<string, int> places = entries.Index().ToDictionary(static entry => entry.Item.Key.Text, static entry => entry.Index, StringComparer.Ordinal);
        var gone = new HashSet<int>();
        foreach ((YamlScalar key, YamlNode value) in above.Entries)
        {
            int place = places.GetValueOrDefault(key.Text, -1);
            YamlNode? merged = Over(place < 0 ? null : entries[place].Value, value, key.Text, depth + 1);
            if (merged is null)
            {
                gone.Add(place);
            }
            else if (place < 0)
            {
                entries.Add(new(key, merged));
            }
            else
            {
                entries[place] = new(key, merged);
            }
        }

        return above with { Entries = [.. entries.Where((_, index) => !gone.Contains(index))] };
    }

    private static YamlSequence OverList(YamlSequence below, YamlSequence above, string key)
    {
        IEnumerable<YamlNode> kept = below.Items;
        if (key == "volumes")
        {
            HashSet<string?> taken = [.. above.Items.Select(TargetOf)];
            kept = kept.Where(mount => TargetOf(mount) is not string target || !taken.Contains(target));
        }

        return above with { Items = [.. kept, .. above.Items] };
    }

    /// <summary>Where in the container a mount is.</summary>
    private static string? TargetOf(YamlNode mount) => mount switch
    {
        YamlScalar { Text: string text } => text.Split(':', 3) is [_, string target, ..] ? target : text,
        YamlMapping mapping => (mapping.Find("target") as YamlScalar)?.Text,
        _ => null,
    };
}
