using System.Buffers;
using System.Text;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Tallyman.Agent.Yaml;

/// <summary>
/// JSON as events of YAML. It is nearly a part of YAML, but YAML's parsers take more, and refuse keys of more than 1,024
/// characters.
/// </summary>
internal sealed class JsonEvents(ReadOnlyMemory<byte> utf8) : IParser
{
    private readonly Queue<ParsingEvent> _pending = new();
    private JsonReaderState _state = new(new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = 64 });
    private int _position;
    private int _line = 1;

    public ParsingEvent? Current { get; private set; }

    /// <exception cref="JsonException">The text is no JSON.</exception>
    public bool MoveNext()
    {
        if (_pending.Count == 0 && !TryReadToken())
        {
            Current = null;
            return false;
        }

        Current = _pending.Dequeue();
        return true;
    }

    private bool TryReadToken()
    {
        var reader = new Utf8JsonReader(utf8.Span[_position..], isFinalBlock: true, _state);
        if (!reader.Read())
        {
            return false;
        }

        _line += utf8.Span.Slice(_position, (int)reader.TokenStartIndex).Count((byte)'\n');
        var at = new Mark(0, _line, 1);
        bool isOutside = reader.CurrentDepth == 0 && reader.TokenType is not JsonTokenType.PropertyName;
        bool isEnd = reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray;
        if (isOutside && !isEnd)
        {
            _pending.Enqueue(new DocumentStart(null, null, isImplicit: false, at, at));
        }

        _pending.Enqueue(reader.TokenType switch
        {
            JsonTokenType.StartObject => new MappingStart(AnchorName.Empty, TagName.Empty, true, MappingStyle.Flow, at, at),
            JsonTokenType.StartArray => new SequenceStart(AnchorName.Empty, TagName.Empty, true, SequenceStyle.Flow, at, at),
            JsonTokenType.EndObject => new MappingEnd(at, at),
            JsonTokenType.EndArray => new SequenceEnd(at, at),
            JsonTokenType.String or JsonTokenType.PropertyName => ScalarOf(TextOf(reader), ScalarStyle.DoubleQuoted, at),
            _ => ScalarOf(Encoding.UTF8.GetString(reader.ValueSpan), ScalarStyle.Plain, at),
        });
        if (isOutside && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            _pending.Enqueue(new DocumentEnd(isImplicit: true, at, at));
        }

        _position += (int)reader.BytesConsumed;
        _state = reader.CurrentState;
        return true;
    }

    /// <summary>Half a surrogate pair is no text, but Go takes it.</summary>
    private static string TextOf(in Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return Encoding.UTF8.GetString(reader.ValueSpan);
        }
    }

    private static Scalar ScalarOf(string text, ScalarStyle style, Mark at) =>
        new(AnchorName.Empty, TagName.Empty, text, style, isPlainImplicit: true, isQuotedImplicit: true, at, at);
}
