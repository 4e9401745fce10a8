using YamlDotNet.Core;

namespace Tallyman.Agent.Yaml;

/// <summary>Documents of a text as far as they could be read, and why not further.</summary>
public sealed record YamlContent(IReadOnlyList<YamlNode> Documents, YamlException? Error);

/// <summary>
/// Reads YAML and JSON into plain nodes: events of a parser, no types, no object graph, and bounds on all of it, so that no
/// text can blow up.
/// </summary>
public static class YamlReader
{
    /// <summary>Reads a file of our own.</summary>
    /// <returns>The document, or null if there is none.</returns>
    /// <exception cref="YamlException">The text is no YAML, is nested too deeply, uses aliases or has a second document.</exception>
    public static YamlNode? Read(TextReader text)
    {
        var builder = new YamlBuilder(YamlOptions.Strict);
        builder.Read(new Parser(text));
        return builder.Error is null ? builder.Documents is [YamlNode document, ..] ? document : null : throw builder.Error;
    }

    /// <summary>
    /// Reads anybody's YAML. Total. A document that is none does not hide those behind it: they begin at lines that begin
    /// with "---", which no document can contain.
    /// </summary>
    public static YamlContent Read(string text, YamlOptions options)
    {
        var builder = new YamlBuilder(options);
        int line = 0;
        for (int start = 0; start < text.Length && !builder.IsExhausted;)
        {
            int end = NextDocument(text, start);
            builder.Read(new Parser(new StringReader(text[start..end])), line);
            line += text.AsSpan(start, end - start).Count('\n');
            start = end;
        }

        return new(builder.Documents, builder.Error);
    }

    /// <summary>Reads anybody's JSON, one value or several. Total.</summary>
    /// <param name="utf8">Must be valid UTF-8.</param>
    public static YamlContent ReadJson(ReadOnlyMemory<byte> utf8, YamlOptions options)
    {
        var builder = new YamlBuilder(options with { Keys = YamlKeys.LastWins });
        builder.Read(new JsonEvents(utf8));
        return new(builder.Documents, builder.Error);
    }

    /// <summary>Where the next document begins. Directives belong to the one behind them.</summary>
    private static int NextDocument(string text, int start)
    {
        int next = text.IndexOf("\n---", start, StringComparison.Ordinal) + 1;
        return next == 0 ? text.Length : text[start] == '%' ? NextDocument(text, next) : next;
    }
}
