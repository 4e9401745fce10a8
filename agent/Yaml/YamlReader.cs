using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Tallyman.Agent.Yaml;

/// <summary>
/// Reads YAML from the parser's events into plain nodes. No aliases, no types, no object graph: a text makes at most as many
/// nodes as it has of them, so that none can blow up.
/// </summary>
public static class YamlReader
{
    private const int Deepest = 32;

    /// <returns>The first document, or null if there is none.</returns>
    /// <exception cref="YamlException">The text is no YAML, or is nested too deeply, or uses aliases.</exception>
    public static YamlNode? Read(TextReader text)
    {
        try
        {
            var parser = new Parser(text);
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _))
            {
                return null;
            }

            YamlNode node = ReadNode(parser, 0);
            parser.Consume<DocumentEnd>();
            return parser.TryConsume<DocumentStart>(out DocumentStart? second)
                ? throw new YamlException((int)second.Start.Line, "a second document begins here, only one is allowed")
                : node;
        }
        catch (YamlDotNet.Core.YamlException e)
        {
            throw new YamlException((int)e.Start.Line, e.InnerException?.Message ?? e.Message);
        }
    }

    private static YamlNode ReadNode(IParser parser, int depth)
    {
        ParsingEvent next = parser.Consume<ParsingEvent>();
        int line = (int)next.Start.Line;
        if (depth > Deepest)
        {
            throw new YamlException(line, string.Create(CultureInfo.InvariantCulture, $"nesting may be {Deepest} deep, is deeper"));
        }

        switch (next)
        {
            case Scalar scalar:
                return new YamlScalar(line, scalar.Value, scalar.Style == ScalarStyle.Plain);
            case SequenceStart:
                var items = new List<YamlNode>();
                while (!parser.TryConsume<SequenceEnd>(out _))
                {
                    items.Add(ReadNode(parser, depth + 1));
                }

                return new YamlSequence(line, items);
            case MappingStart:
                return ReadMapping(parser, line, depth);
            case AnchorAlias alias:
                throw new YamlException(line, $"aliases are not allowed, here is *{alias.Value}");
            default:
                throw new YamlException(line, $"a value is expected, here is {next.GetType().Name}");
        }
    }

    private static YamlMapping ReadMapping(IParser parser, int line, int depth)
    {
        var entries = new List<KeyValuePair<YamlScalar, YamlNode>>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            YamlNode key = ReadNode(parser, depth + 1);
            if (key is not YamlScalar name)
            {
                throw new YamlException(key.Line, "a key must be a word");
            }

            if (!keys.Add(name.Text))
            {
                throw new YamlException(name.Line, $"the key {name.Text} stands twice");
            }

            entries.Add(new(name, ReadNode(parser, depth + 1)));
        }

        return new YamlMapping(line, entries);
    }
}
