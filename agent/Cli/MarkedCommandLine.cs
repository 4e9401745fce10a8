using System.Globalization;
using System.Text;
using Tallyman.Agent.Model;
using Tallyman.Rendering;

namespace Tallyman.Agent.Cli;

/// <summary>What is pointed at in a command line: some elements of argv that stand together, and the label under them.</summary>
internal readonly record struct Mark(string Label, int First, int Last);

/// <summary>A command line as words of a shell, wrapped, with marks under some of them.</summary>
internal sealed class MarkedCommandLine
{
    /// <summary>Longer command lines show their beginning, their end and what is around the marks.</summary>
    private const int MostWords = 200;
    private const int WordsAround = 3;

    private const string Indent = "    ";
    private const string Bold = "\x1b[1m";
    private const string Reset = "\x1b[0m";

    private readonly Argv _argv;
    private readonly Mark[] _marks;
    private readonly int _width;
    private readonly bool _colour;
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _line = new();
    private readonly List<(int Arg, int Start, int End)> _words = [];
    private int _column;

    private MarkedCommandLine(Argv argv, IEnumerable<Mark> marks, int width, bool colour)
    {
        _argv = argv;
        _width = width;
        _colour = colour;
        _marks = [.. marks.GroupBy(static mark => (mark.First, mark.Last)).Select(static same =>
            new Mark(string.Join(',', same.Select(static mark => mark.Label)), same.Key.First, same.Key.Last))];
    }

    /// <param name="width">Columns, where the words allow it.</param>
    /// <param name="colour">Only for a terminal whose user has not declined it.</param>
    public static string Write(Argv argv, IEnumerable<Mark> marks, int width, bool colour) =>
        new MarkedCommandLine(argv, marks, width, colour).Write();

    private string Write()
    {
        int leftOut = 0;
        HashSet<int>? shown = _argv.Count > MostWords ? Shown() : null;
        for (int arg = 0; arg < _argv.Count; arg++)
        {
            if (shown?.Contains(arg) == false)
            {
                leftOut++;
                continue;
            }

            if (leftOut > 0)
            {
                AddWord(-1, string.Create(CultureInfo.InvariantCulture, $"[{leftOut} arguments]"));
                leftOut = 0;
            }

            AddWord(arg, SafeText.Shorten(SafeText.Quote(_argv[arg]), _width - Indent.Length - 2));
        }

        EndLine(isLast: true);
        return _text.ToString();
    }

    private HashSet<int> Shown()
    {
        var shown = new HashSet<int>(Enumerable.Range(0, WordsAround).Concat(Enumerable.Range(_argv.Count - WordsAround, WordsAround)));
        foreach (Mark mark in _marks)
        {
            shown.UnionWith(Enumerable.Range(mark.First - WordsAround, mark.Last - mark.First + 1 + (2 * WordsAround)));
        }

        return shown;
    }

    private void AddWord(int arg, string word)
    {
        int columns = word.EnumerateRunes().Sum(ColumnsOf);
        if (_words.Count > 0 && _column + 1 + columns + 2 > _width)
        {
            EndLine(isLast: false);
            _line.Append(Indent);
            _column = Indent.Length;
        }
        else if (_words.Count > 0)
        {
            _line.Append(' ');
            _column++;
        }

        bool isMarked = Array.Exists(_marks, mark => arg >= mark.First && arg <= mark.Last);
        _line.Append(_colour && isMarked ? Bold + word + Reset : word);
        _words.Add((arg, _column, _column + columns));
        _column += columns;
    }

    private void EndLine(bool isLast)
    {
        _text.Append(_line).Append(isLast ? "\n" : " \\\n");
        AddMarks();
        _line.Clear();
        _words.Clear();
        _column = 0;
    }

    private void AddMarks()
    {
        var carets = new StringBuilder();
        var labels = new List<StringBuilder>();
        foreach (Mark mark in _marks.OrderBy(static mark => mark.First).ThenBy(static mark => mark.Last))
        {
            (int Arg, int Start, int End)[] words = [.. _words.Where(word => word.Arg >= mark.First && word.Arg <= mark.Last)];
            if (words.Length == 0)
            {
                continue;
            }

            int start = words[0].Start;
            Pad(carets, start);
            carets.Append('^', Math.Max(0, words[^1].End - carets.Length));
            StringBuilder? row = labels.Find(row => row.Length == 0 || row.Length < start);
            if (row is null)
            {
                labels.Add(row = new StringBuilder());
            }

            Pad(row, start).Append(mark.Label);
        }

        foreach (StringBuilder row in carets.Length > 0 ? labels.Prepend(carets) : [])
        {
            _text.Append(row).Append('\n');
        }
    }

    private static StringBuilder Pad(StringBuilder row, int length) => row.Append(' ', Math.Max(0, length - row.Length));

    /// <summary>Columns of a terminal, near enough: none for what combines, two in the scripts and symbols of East Asia.</summary>
    private static int ColumnsOf(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark ? 0
        : rune.Value is (>= 0x1100 and <= 0x115f) or (>= 0x2e80 and <= 0xa4cf) or (>= 0xac00 and <= 0xd7a3) or (>= 0xf900 and <= 0xfaff)
            or (>= 0xfe30 and <= 0xfe6f) or (>= 0xff00 and <= 0xff60) or (>= 0x1f300 and <= 0x1faff) or (>= 0x20000 and <= 0x3fffd) ? 2
        : 1;
}
