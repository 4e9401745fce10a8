namespace Tallyman.Agent.Yaml;

/// <summary>Entries of a mapping while it is read, with those that "&lt;&lt;" merges into it.</summary>
internal sealed class YamlEntries(YamlKeys keys)
{
    private readonly OrderedDictionary<string, KeyValuePair<YamlScalar, YamlNode>> _entries = new(StringComparer.Ordinal);
    private readonly List<YamlNode> _merges = [];

    /// <returns>False if the key is there already and must not be.</returns>
    public bool Add(YamlScalar key, YamlNode value)
    {
        if (key is { IsPlain: true, Text: "<<" })
        {
            _merges.Add(value);
            if (keys != YamlKeys.Unique)
            {
                Merge(value, overwrites: true);
            }

            return true;
        }

        if (keys == YamlKeys.Unique)
        {
            return _entries.TryAdd(key.Text, new(key, value));
        }

        _entries[key.Text] = new(key, value);
        return true;
    }

    public List<KeyValuePair<YamlScalar, YamlNode>> ToList()
    {
        if (keys == YamlKeys.Unique)
        {
            foreach (YamlNode value in _merges)
            {
                Merge(value, overwrites: false);
            }
        }

        List<KeyValuePair<YamlScalar, YamlNode>> entries = [.. _entries.Values];
        if (keys == YamlKeys.LastWinsSorted)
        {
            entries.Sort(static (a, b) => string.CompareOrdinal(a.Key.Text, b.Key.Text));
        }

        return entries;
    }

    /// <summary>Of several mappings the first wins.</summary>
    private void Merge(YamlNode value, bool overwrites)
    {
        IEnumerable<YamlNode> mappings = value is YamlSequence several ? several.Items : [value];
        foreach (YamlMapping mapping in (overwrites ? mappings.Reverse() : mappings).OfType<YamlMapping>())
        {
            foreach (KeyValuePair<YamlScalar, YamlNode> entry in mapping.Entries)
            {
                if (overwrites)
                {
                    _entries[entry.Key.Text] = entry;
                }
                else
                {
                    _entries.TryAdd(entry.Key.Text, entry);
                }
            }
        }
    }
}
