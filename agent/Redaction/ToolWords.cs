using System.Text;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Redaction;

/// <summary>What a grammar says of a word.</summary>
internal record struct KnownWord
{
    /// <summary>It is said what it is: a word of the command, a flag, its value, the image.</summary>
    public bool IsClaimed { get; set; }

    /// <summary>The secret in it is found.</summary>
    public bool IsDecided { get; set; }

    /// <summary>Where the value of the flag in it begins; 0 if there is none.</summary>
    public int ValueStart { get; set; }
}

/// <summary>
/// The words of one of the tools as its grammar reads them. Where that reading is not certain, a word that could be a flag
/// with a secret of any of the tool's commands is taken for one.
/// </summary>
internal sealed class ToolWords
{
    private const string UncertainRule = "may be a flag with a secret";
    private const int LongestName = 256;

    private readonly List<Word> _words;
    private readonly ToolSecrets _secrets;
    private readonly SecretRules _rules;
    private readonly SecretSpans _found;

    public ToolWords(List<Word> words, Executable program, ToolSecrets secrets, SecretRules rules, SecretSpans found)
    {
        _words = words;
        _rules = rules;
        _secrets = secrets;
        _found = found;
        Known = new KnownWord[words.Count];
        ParsedCommandLine line = CommandLineReader.Parse(program, Word.ArgvOf(words), 1);
        ReadFlags(line);
        ReadPositionals(line);
        if (line.Error is not null || line.PositionalsAreUncertain || line.UnknownCommand is not null || line.Command.IsUnparsed)
        {
            ReadUncertain(line);
        }
    }

    /// <summary>What the grammar says of each word.</summary>
    public KnownWord[] Known { get; }

    /// <summary>The first word of the command that is run inside, or its image.</summary>
    public int InnerFrom { get; private set; }

    private void ReadFlags(ParsedCommandLine line)
    {
        foreach (FlagUse use in line.Flags)
        {
            Known[use.Arg].IsClaimed = true;
            if (!use.HasValue)
            {
                continue;
            }

            ref KnownWord value = ref Known[use.ValueArg];
            value.IsClaimed = true;
            value.ValueStart = use.ValueStart;
            if (_secrets.Flags.TryGetValue(use.Flag, out SecretForm form) && form != SecretForm.None)
            {
                int before = _found.Count;
                Add(form, _words[use.ValueArg], use.ValueStart, use.Flag.Repetition, $"--{use.Flag.Long}");
                value.IsDecided = _found.Count > before;
            }
        }
    }

    private void ReadPositionals(ParsedCommandLine line)
    {
        InnerFrom = line.Positionals.Count > 0 ? line.Positionals[0] : _words.Count;
        var positionals = new HashSet<int>(line.Positionals);
        for (int i = 0; i < InnerFrom; i++)
        {
            Known[i].IsClaimed |= !positionals.Contains(i) && (i == 0 || _words[i].Text is not [(byte)'-', ..]);
        }

        if (!line.PositionalsAreUncertain && line.Command.Places.Image is int image and >= 0 && image < line.Positionals.Count)
        {
            Known[line.Positionals[image]].IsClaimed = true;
        }

        if (_secrets.Positionals.TryGetValue(line.Command, out (int From, SecretForm Form) rule))
        {
            for (int i = rule.From; i < line.Positionals.Count; i++)
            {
                if (rule.Form != SecretForm.Named || _rules.Names.IsSecret(_words[line.Positionals[i - 1]].Text))
                {
                    Add(rule.Form, _words[line.Positionals[i]], 0, Repetition.Each, $"argument of {line.Command.Path}");
                }
            }
        }
    }

    /// <summary>Flags that the grammar did not see as such, by the names and letters of all commands.</summary>
    private void ReadUncertain(ParsedCommandLine line)
    {
        // Of a command that is not known, flags were read by guess.
        bool isKnown = line.UnknownCommand is null;
        HashSet<int> read = [.. line.Flags.Where(use => isKnown && use.HasValue).SelectMany(static use => new[] { use.Arg, use.ValueArg })];
        for (int i = 1; i < _words.Count; i++)
        {
            ReadOnlySpan<byte> text = _words[i].Text;
            if (text is not [(byte)'-', _, ..] || read.Contains(i))
            {
                continue;
            }

            int value = ValueIn(text, out SecretForm form);
            if (value >= 0 && value < text.Length)
            {
                Add(form, _words[i], value, Repetition.Each, UncertainRule);
            }
            else if (value >= 0 && i + 1 < _words.Count && !read.Contains(i + 1))
            {
                Add(form, _words[i + 1], 0, Repetition.Each, UncertainRule);
            }
        }
    }

    /// <summary>Where the value begins of what may be a flag with a secret: its length if that is the next word, -1 if it is none.</summary>
    private int ValueIn(ReadOnlySpan<byte> text, out SecretForm form)
    {
        int dashes = text[1] == '-' ? 2 : 1;
        ReadOnlySpan<byte> name = text[dashes..];
        int equals = name.IndexOf((byte)'=');
        if ((equals < 0 ? name.Length : equals) <= LongestName && _secrets.Names.TryGetValue(Encoding.Latin1.GetString(equals < 0 ? name : name[..equals]), out form))
        {
            return equals < 0 ? text.Length : dashes + equals + 1;
        }

        for (int i = 1; i < text.Length && dashes == 1; i++)
        {
            if (_secrets.Letters.TryGetValue(text[i], out form))
            {
                return i + 1 < text.Length && text[i + 1] == '=' ? i + 2 : i + 1;
            }
        }

        form = SecretForm.None;
        return -1;
    }

    private void Add(SecretForm form, Word word, int from, Repetition repetition, string rule) => SecretForms.Add(form, word, from, repetition, rule, _rules, _found);
}
