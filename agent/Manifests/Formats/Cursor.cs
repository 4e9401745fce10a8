using System.Globalization;
using System.Text;
using Tallyman.Agent.Yaml;

namespace Tallyman.Agent.Manifests.Formats;

/// <summary>
/// A place in a document: what stands there, if anything, and how one gets there. A place where nothing stands has places
/// below it too, where nothing stands, so that a path is read without asking at each step.
/// </summary>
internal sealed class Cursor
{
    /// <summary>Of a key that is shown. Keys can be a mebibyte.</summary>
    private const int LongestStep = 80;

    private const int LongestPath = 400;

    private readonly YamlNode? _node;
    private readonly string _step;
    private readonly StringComparison _keys;

    private Cursor(YamlNode? node, Cursor? parent, string step, StringComparison keys)
    {
        _node = node is YamlScalar { IsPlain: true, Text: "" or "~" or "null" or "Null" or "NULL" } ? null : node;
        (Parent, _step, _keys) = (parent, step, keys);
    }

    /// <param name="start">What the path begins with.</param>
    /// <param name="inAnyCase">Keys are found whatever their case, as Go's own JSON does; of several the last.</param>
    public static Cursor Root(YamlNode node, string start = "", bool inAnyCase = false) =>
        new(node, null, start, inAnyCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);

    public Cursor? Parent { get; }

    /// <summary>Of the entry of a mapping, or what stands for it in the path.</summary>
    public string Key => _step;

    public YamlNode? Node => _node;

    /// <summary>Where it was put in from, or the nearest place above it; null if it stands where it was written.</summary>
    public ManifestOrigin? Origin => _node?.Origin as ManifestOrigin ?? Parent?.Origin;

    public bool IsCalled(string key) => _step.Equals(key, _keys);

    /// <summary>Something stands here that is not null.</summary>
    public bool Exists => _node is not null;

    public bool IsSequence => _node is YamlSequence;

    public bool IsMapping => _node is YamlMapping;

    /// <summary>A scalar's text; null for all else.</summary>
    public string? Text => (_node as YamlScalar)?.Text;

    /// <summary>True in one of YAML 1.1's words, without quotes.</summary>
    public bool IsTrue => _node is YamlScalar
    {
        IsPlain: true,
        Text: "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "y" or "Y" or "on" or "On" or "ON",
    };

    /// <summary>A whole number in one of YAML's notations, without quotes: 2, 0x2, 0b10, 2.0.</summary>
    public int? Number =>
        _node is YamlScalar { IsPlain: true, Text: string text } ? NumberOf(text.Replace("_", "", StringComparison.Ordinal)) : null;

    public Cursor this[string key] => new(Find(key), this, key, _keys);

    /// <summary>Of a sequence; none of all else.</summary>
    public IEnumerable<Cursor> Items
    {
        get
        {
            IReadOnlyList<YamlNode> items = (_node as YamlSequence)?.Items ?? [];
            for (int i = 0; i < items.Count; i++)
            {
                yield return new(items[i], this, string.Create(CultureInfo.InvariantCulture, $"[{i}]"), _keys);
            }
        }
    }

    /// <summary>Of a mapping; none of all else.</summary>
    public IEnumerable<Cursor> Entries
    {
        get
        {
            foreach (KeyValuePair<YamlScalar, YamlNode> entry in (_node as YamlMapping)?.Entries ?? [])
            {
                yield return new(entry.Value, this, entry.Key.Text, _keys);
            }
        }
    }

    /// <summary>The items of a sequence, or the one thing that stands where a list may stand.</summary>
    public IEnumerable<Cursor> ItemsOrSelf => IsSequence ? Items : Exists ? [this] : [];

    /// <summary>The way here: "spec.containers[0].image".</summary>
    public override string ToString()
    {
        var path = new StringBuilder();
        Append(path);
        return Clip(path.ToString(), LongestPath);
    }

    /// <summary>The beginning of a text that is too long to be kept. Never half a character.</summary>
    public static string Clip(string text, int longest) =>
        text.Length <= longest ? text : $"{text.AsSpan(0, char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest)}…";

    private void Append(StringBuilder path)
    {
        Parent?.Append(path);
        if (path.Length > LongestPath)
        {
            return;
        }

        if (path.Length > 0 && _step is not ['[', ..])
        {
            path.Append('.');
        }

        path.Append(Clip(_step, LongestStep));
    }

    private YamlNode? Find(string key) => _node is not YamlMapping mapping ? null
        : _keys == StringComparison.Ordinal ? mapping.Find(key)
        : mapping.Entries.LastOrDefault(entry => entry.Key.Text.Equals(key, _keys)).Value;

    private static int? NumberOf(string text) => text switch
    {
        ['0', 'x' or 'X', .. var digits] => Convert(digits, NumberStyles.AllowHexSpecifier),
        ['0', 'b' or 'B', .. var digits] => Convert(digits, NumberStyles.AllowBinarySpecifier),
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            && number is >= int.MinValue and <= int.MaxValue && number == Math.Floor(number) ? (int)number : null,
    };

    private static int? Convert(string digits, NumberStyles style) =>
        int.TryParse(digits, style, CultureInfo.InvariantCulture, out int number) ? number : null;
}
