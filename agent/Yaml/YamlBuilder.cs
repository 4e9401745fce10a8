using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Tallyman.Agent.Yaml;

/// <summary>
/// Makes nodes of events. What goes wrong ends the reading, and what was read before it stays: a mapping whose third value
/// is broken has two.
/// </summary>
internal sealed class YamlBuilder(YamlOptions options)
{
    private readonly Dictionary<string, Anchor> _anchors = new(StringComparer.Ordinal);
    private readonly List<YamlNode> _documents = [];
    private YamlEvents _events = null!;
    private int _nodes;
    private int _aliases;
    private int _deepest;

    /// <param name="Size">Nodes in it, itself included.</param>
    /// <param name="Height">How much deeper than itself it reaches.</param>
    private sealed record Anchor(YamlNode Node, int Size, int Height);

    public IReadOnlyList<YamlNode> Documents => _documents;

    /// <summary>The first thing that went wrong.</summary>
    public YamlException? Error { get; private set; }

    /// <summary>A bound on the whole text is reached: nothing more will be read.</summary>
    public bool IsExhausted { get; private set; }

    /// <summary>Adds the documents of a parser that is at its start.</summary>
    /// <param name="lineOffset">Lines of the text before those that the parser sees.</param>
    public void Read(IParser parser, int lineOffset = 0)
    {
        _events = new YamlEvents(parser, lineOffset, options.QuotesText);
        for (_events.Advance(); _events.Next is ParsingEvent next;)
        {
            if (next is DocumentStart start && _documents.Count == options.Documents)
            {
                Exhaust(start, options.Documents == 1
                    ? "a second document begins here, only one is allowed"
                    : string.Create(CultureInfo.InvariantCulture, $"documents may be {options.Documents}, are more"));
                break;
            }

            _anchors.Clear();
            _events.Advance();
            if (next is DocumentStart && ReadNode(0) is YamlNode node)
            {
                _documents.Add(node);
            }
        }

        Error ??= _events.Error;
    }

    /// <returns>The node, perhaps not all of it; null if there is none.</returns>
    private YamlNode? ReadNode(int depth)
    {
        if (_events.Next is AnchorAlias alias)
        {
            return ReadAlias(alias, depth);
        }

        if (_events.Next is not NodeEvent start)
        {
            return null;
        }

        if (depth > options.Depth)
        {
            return Stop(start, string.Create(CultureInfo.InvariantCulture, $"nesting may be {options.Depth} deep, is deeper"));
        }

        int size = start is Scalar { Value.Length: int length } ? 1 + (length / 1024) : 1;
        if (size > options.Nodes - _nodes)
        {
            return Exhaust(start, string.Create(CultureInfo.InvariantCulture, $"nodes may be {options.Nodes:N0}, are more"));
        }

        int before = _nodes;
        _nodes += size;
        int outer = _deepest;
        _deepest = depth;
        _events.Advance();
        YamlNode node = start switch
        {
            Scalar scalar => YamlTags.Resolve(scalar, _events.LineOf(start)),
            SequenceStart => ReadSequence(start, depth),
            _ => ReadMapping(start, depth),
        };
        if (!start.Anchor.IsEmpty)
        {
            _anchors[start.Anchor.Value] = new Anchor(node, _nodes - before, _deepest - depth);
        }

        _deepest = Math.Max(outer, _deepest);
        return start.Tag is { IsEmpty: false, IsLocal: true } tag ? node with { Tag = tag.Value } : node;
    }

    private YamlNode? ReadAlias(AnchorAlias alias, int depth)
    {
        if (options.Aliases == 0)
        {
            return Stop(alias, $"aliases are not allowed, here is *{alias.Value}");
        }

        if (!_anchors.TryGetValue(alias.Value.Value, out Anchor? anchor))
        {
            return Stop(alias, "an alias stands for nothing that is complete before it");
        }

        if (++_aliases > options.Aliases)
        {
            return Exhaust(alias, string.Create(CultureInfo.InvariantCulture, $"aliases may be {options.Aliases}, are more"));
        }

        if (anchor.Size > options.Nodes - _nodes)
        {
            return Exhaust(alias, string.Create(CultureInfo.InvariantCulture, $"nodes may be {options.Nodes:N0}, are more behind aliases"));
        }

        if (depth + anchor.Height > options.Depth)
        {
            return Stop(
                alias, string.Create(CultureInfo.InvariantCulture, $"nesting may be {options.Depth} deep, is deeper behind aliases"));
        }

        _nodes += anchor.Size;
        _deepest = Math.Max(_deepest, depth + anchor.Height);
        _events.Advance();
        return anchor.Node;
    }

    private YamlSequence ReadSequence(NodeEvent start, int depth)
    {
        var items = new List<YamlNode>();
        while (_events.Next is not (null or SequenceEnd))
        {
            if (ReadNode(depth + 1) is YamlNode item)
            {
                items.Add(item);
            }
        }

        _events.Advance();
        return new YamlSequence(_events.LineOf(start), items);
    }

    private YamlMapping ReadMapping(NodeEvent start, int depth)
    {
        var entries = new YamlEntries(options.Keys);
        while (_events.Next is ParsingEvent next and not MappingEnd)
        {
            YamlNode? key = ReadNode(depth + 1);
            if (key is not (null or YamlScalar))
            {
                Stop(next, "a key must be a word");
            }
            else if (key is YamlScalar name && ReadNode(depth + 1) is YamlNode value && !entries.Add(name, value))
            {
                Stop(next, options.QuotesText ? $"the key {name.Text} stands twice" : "a key stands twice");
            }
        }

        _events.Advance();
        return new YamlMapping(_events.LineOf(start), entries.ToList());
    }

    /// <summary>Ends the reading of this parser.</summary>
    private YamlNode? Stop(ParsingEvent at, string message)
    {
        _events.Stop(at, message);
        return null;
    }

    /// <summary>Ends the reading of the text.</summary>
    private YamlNode? Exhaust(ParsingEvent at, string message)
    {
        IsExhausted = true;
        return Stop(at, message);
    }
}
