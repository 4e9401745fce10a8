using System.Text;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Sockets;

/// <summary>An option as it is used, or an operand, which has no name.</summary>
/// <param name="Name">Its letter, or its long name in full.</param>
/// <param name="ValueArg">Index in argv of the element that its value stands in, or of the operand; -1 without one.</param>
internal readonly record struct Option(string Name, int ValueArg, int ValueStart)
{
    public bool IsOperand => Name.Length == 0;
}

/// <summary>
/// Reads options as getopt_long(3) does and curl too: -abVALUE, -ab VALUE, --name VALUE, --name=VALUE, names may be cut short,
/// operands may stand in between.
/// </summary>
/// <param name="letters">Those that take a value.</param>
/// <param name="names">Long names that take a value.</param>
internal sealed class Options(string letters, params string[] names)
{
    public IEnumerable<Option> Read(Argv argv, int from)
    {
        bool ended = false;
        for (int i = from; i < argv.Count; i++)
        {
            if (ended || argv[i] is not [(byte)'-', _, ..])
            {
                yield return new Option("", i, 0);
            }
            else if (argv[i].SequenceEqual("--"u8))
            {
                ended = true;
            }
            else if (argv[i][1] == '-')
            {
                Option option = Long(argv, i);
                i = Math.Max(i, option.ValueArg);
                yield return option;
            }
            else
            {
                int arg = i;
                int length = argv[arg].Length;
                for (int at = 1; at < length; at++)
                {
                    char letter = (char)argv[arg][at];
                    if (!letters.Contains(letter))
                    {
                        yield return new Option(letter.ToString(), -1, 0);
                        continue;
                    }

                    bool isAttached = at + 1 < length;
                    i = isAttached ? arg : arg + 1;
                    yield return new Option(letter.ToString(), i < argv.Count ? i : -1, isAttached ? at + 1 : 0);
                    break;
                }
            }
        }
    }

    private Option Long(Argv argv, int arg)
    {
        ReadOnlySpan<byte> text = argv[arg][2..];
        int equals = text.IndexOf((byte)'=');
        string name = Encoding.Latin1.GetString(equals < 0 ? text : text[..equals]);
        string? known = FullName(name);
        if (equals >= 0)
        {
            return new Option(known ?? name, arg, 2 + equals + 1);
        }

        return known is null ? new Option(name, -1, 0) : new Option(known, arg + 1 < argv.Count ? arg + 1 : -1, 0);
    }

    /// <summary>The name that takes a value and is, or alone begins with, this one.</summary>
    private string? FullName(string name)
    {
        string? found = null;
        foreach (string each in names)
        {
            if (each == name)
            {
                return each;
            }

            if (name.Length > 1 && each.StartsWith(name, StringComparison.Ordinal))
            {
                found = found is null ? each : "";
            }
        }

        return found is "" ? null : found;
    }
}
