using System.Text;

namespace Tallyman.Agent.Model;

/// <summary>
/// The arguments of a command line: byte strings without NUL, in any encoding or none. argv[0] is the first.
/// Immutable; holds one buffer for all of them.
/// </summary>
public sealed class Argv
{
    private readonly ReadOnlyMemory<byte> _area;
    private readonly int[] _starts; // and, one more, where the next one would start

    private Argv(ReadOnlyMemory<byte> area, int[] starts)
    {
        _area = area;
        _starts = starts;
    }

    public static Argv Empty { get; } = new(default, [0]);

    public int Count => _starts.Length - 1;

    /// <summary>Bytes of all arguments, each with its NUL.</summary>
    public int Length => _starts[^1];

    public ReadOnlySpan<byte> this[int index] => Memory(index).Span;

    public ReadOnlyMemory<byte> Memory(int index) => _area[_starts[index]..(_starts[index + 1] - 1)];

    /// <summary>Reads the arguments as they lie in a process: one after the other, each with a NUL behind it.</summary>
    /// <param name="area">Kept, not copied. A last argument without its NUL counts.</param>
    /// <param name="atMost">How many arguments there can be: the process may have written more NULs behind them.</param>
    public static Argv FromArea(ReadOnlyMemory<byte> area, int atMost = int.MaxValue)
    {
        ReadOnlySpan<byte> bytes = area.Span;
        int count = Math.Min(atMost, bytes.Count((byte)0) + (bytes.IsEmpty || bytes[^1] == 0 ? 0 : 1));
        int[] starts = new int[count + 1];
        for (int i = 0; i < count; i++)
        {
            int length = bytes[starts[i]..].IndexOf((byte)0);
            starts[i + 1] = length < 0 ? bytes.Length + 1 : starts[i] + length + 1;
        }

        return new Argv(area, starts);
    }

    /// <exception cref="ArgumentException">An argument contains NUL, which no command line can.</exception>
    public static Argv Of(params ReadOnlySpan<string> arguments)
    {
        var area = new MemoryStream();
        foreach (string argument in arguments)
        {
            if (argument.Contains('\0'))
            {
                throw new ArgumentException("an argument contains NUL, which no command line can");
            }

            area.Write(Encoding.UTF8.GetBytes(argument));
            area.WriteByte(0);
        }

        return FromArea(area.ToArray());
    }

    public override string ToString() => string.Join(' ', Enumerable.Range(0, Count).Select(i => Encoding.UTF8.GetString(this[i])));
}
