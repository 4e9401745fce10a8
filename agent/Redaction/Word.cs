using System.Buffers;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Redaction;

/// <summary>
/// Bytes that mean one word, and where in argv each of them stands: an argument, a word of a script in an argument, a word
/// of a script in that.
/// </summary>
/// <param name="arg">Index in argv.</param>
/// <param name="places">Offset in the argument of each byte; null if they are the argument from its beginning.</param>
/// <param name="isLiteral">Whether no shell replaces variables in it.</param>
internal sealed class Word(ReadOnlyMemory<byte> text, int arg, ReadOnlyMemory<int>? places = null, bool isLiteral = true)
{
    private static readonly SearchValues<byte> InNames = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"u8);

    public ReadOnlySpan<byte> Text => text.Span;

    public int Length => text.Length;

    public int Arg => arg;

    public bool IsLiteral => isLiteral;

    public int PlaceOf(int index) => places is ReadOnlyMemory<int> known ? known.Span[index] : index;

    /// <summary>A part of it, as a word by itself.</summary>
    public Word Part(int start, int length)
    {
        ReadOnlyMemory<int>? of = places?.Slice(start, length);
        if (of is null)
        {
            int[] each = new int[length];
            for (int i = 0; i < length; i++)
            {
                each[i] = start + i;
            }

            of = each;
        }

        return new Word(text.Slice(start, length), arg, of, isLiteral);
    }

    /// <summary>Its lines, without those that are empty.</summary>
    public IEnumerable<Word> Lines()
    {
        for (int start = 0; start < Length;)
        {
            int length = Text[start..].IndexOf((byte)'\n');
            length = length < 0 ? Length - start : length;
            if (length > 0)
            {
                yield return Part(start, length);
            }

            start += length + 1;
        }
    }

    /// <summary>Whether all of it is a variable, or begins with a command, that a shell replaces: $NAME, ${NAME}, $(….</summary>
    public static bool IsReference(ReadOnlySpan<byte> value) => value is [(byte)'$', _, ..]
        && (value[1] == '(' || !(value is [_, (byte)'{', .., (byte)'}'] ? value[2..^1] : value[1..]).ContainsAnyExcept(InNames));

    public static List<Word> Of(Argv argv)
    {
        var words = new List<Word>(argv.Count);
        for (int i = 0; i < argv.Count; i++)
        {
            words.Add(new Word(argv.Memory(i), i));
        }

        return words;
    }

    /// <summary>The words as a command line of their own.</summary>
    public static Argv ArgvOf(IReadOnlyList<Word> words)
    {
        var area = new MemoryStream();
        foreach (Word word in words)
        {
            area.Write(word.Text);
            area.WriteByte(0);
        }

        return Argv.FromArea(area.ToArray(), words.Count);
    }
}
