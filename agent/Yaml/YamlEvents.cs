using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Tallyman.Agent.Yaml;

/// <summary>Events of a parser, one ahead and without comments. A parser that fails has no more of them.</summary>
/// <param name="lineOffset">Lines of the text before those that the parser sees.</param>
internal sealed class YamlEvents(IParser parser, int lineOffset, bool quotesText)
{
    private bool _isOver;

    /// <summary>What comes next; null at the end.</summary>
    public ParsingEvent? Next { get; private set; }

    /// <summary>Why there are no more, if not because the text is over.</summary>
    public YamlException? Error { get; private set; }

    public void Advance()
    {
        try
        {
            do
            {
                Next = !_isOver && parser.MoveNext() ? parser.Current : null;
            }
            while (Next is Comment);
        }
        catch (YamlDotNet.Core.YamlException e)
        {
            Stop((int)e.Start.Line, quotesText ? e.InnerException?.Message ?? e.Message : "this is no YAML");
        }
        catch (JsonException e)
        {
            Stop((int)(e.LineNumber ?? 0) + 1, "this is no JSON");
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or FormatException or ArithmeticException
            or IndexOutOfRangeException)
        {
            // The library's own mistakes at texts that are no YAML: "..." as the first line, \UFFFFFFFF, a tag of %ff.
            Stop((int)(Next?.End.Line ?? 1), "this is no YAML");
        }
    }

    public void Stop(ParsingEvent at, string message) => Stop((int)at.Start.Line, message);

    public int LineOf(ParsingEvent at) => (int)at.Start.Line + lineOffset;

    private void Stop(int line, string message)
    {
        Error ??= new YamlException(line + lineOffset, message);
        _isOver = true;
        Next = null;
    }
}
