using Tallyman.Agent.Model;

namespace Tallyman.Agent.Published;

/// <summary>
/// argv as a search in logs sees it: one text, the arguments joined by single spaces, and no telling where one ends.
/// A character for each byte. Those beyond ASCII are all the same one: what <c>\s</c> and <c>(?i)</c> mean in the engines of
/// the published queries is ASCII, in .NET it is Unicode.
/// </summary>
public sealed class JoinedLine
{
    /// <summary>Bytes that are searched.</summary>
    public const int MostBytes = 1024 * 1024;

    private const char BeyondAscii = '\ufffd';

    private readonly int[] _starts;

    public JoinedLine(Argv argv)
    {
        IsCut = argv.Length - 1 > MostBytes; // one less, as the last has no space behind it
        _starts = new int[argv.Count];
        Text = string.Create(Math.Clamp(argv.Length - 1, 0, MostBytes), argv, (text, arguments) =>
        {
            int end = 0;
            for (int i = 0; i < arguments.Count; i++)
            {
                _starts[i] = end;
                ReadOnlySpan<byte> argument = arguments[i];
                for (int at = 0; at < argument.Length && end < text.Length; at++)
                {
                    text[end++] = argument[at] < 0x80 ? (char)argument[at] : BeyondAscii;
                }

                if (end == text.Length)
                {
                    Array.Fill(_starts, end, i + 1, arguments.Count - i - 1);
                    return;
                }

                text[end++] = ' ';
            }
        });
    }

    public string Text { get; }

    /// <summary>Whether there is more than is searched.</summary>
    public bool IsCut { get; }

    /// <summary>The argument at this place of the text; the space behind an argument is the argument's.</summary>
    public int ArgAt(int place)
    {
        int found = Array.BinarySearch(_starts, place);
        return found >= 0 ? found : ~found - 1;
    }
}
