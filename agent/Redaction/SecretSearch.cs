using System.Text;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Rendering;

namespace Tallyman.Agent.Redaction;

/// <summary>
/// Finds the secrets of one command line: what the tool's own grammar says of its flags, then names and forms in all of its
/// words, also in those of the command that is run in the container and of scripts in it.
/// </summary>
internal sealed class SecretSearch(SecretRules rules, SecretSpans found)
{
    /// <summary>How many scripts and command lines may be in one another; what is deeper is one secret.</summary>
    private const int Deepest = 8;

    /// <summary>Programs of one command whose arguments are looked at: sudo, env, time, and the one that is meant.</summary>
    private const int MostPrograms = 8;

    private readonly NamedSecrets _named = new(rules.Names);

    /// <param name="program">Which tool it is; null if it is none.</param>
    /// <param name="at">Where its own name stands.</param>
    /// <returns>What the tool's grammar says of each word.</returns>
    public KnownWord[] Read(List<Word> words, Executable? program, int at = 0) => Read(words, program, at, 0);

    private KnownWord[] Read(List<Word> words, Executable? program, int at, int depth)
    {
        var known = new KnownWord[words.Count];
        int end = words.Count;
        int free = 0; // the first word that is none of the tool's own
        program = ToolOf(program);
        at = program is not null ? at : FindTool(words, 0, static _ => true, out program);
        if (program is not null && rules.Of(program.Tool) is ToolSecrets toolSecrets)
        {
            var tool = new ToolWords(words[at..], program, toolSecrets, rules, found);
            tool.Known.CopyTo(known, at);
            int first = at + tool.InnerFrom;
            free = first + 1;
            int inner = FindTool(words, first, i => i == first || !known[i].IsClaimed, out Executable? innerProgram);
            if (inner >= 0)
            {
                ReadDeeper(words[inner..], innerProgram, depth);
                end = inner;
            }
        }

        int programs = 0;
        Word? other = null; // a program that is none of the tools
        for (int i = 0; i < end; i++)
        {
            rules.Tokens.Find(words[i], known[i].ValueStart, found);
            PhraseSecrets.Find(words[i], known[i].ValueStart, found);
            if (!known[i].IsDecided)
            {
                bool isScript = depth > 0 || (i > 0 && IsScriptFlag(words[i - 1]));
                _named.Find(words[i], known[i].ValueStart, isWhole: known[i].IsClaimed || !isScript, isFree: i >= free, found);
            }

            ReadScript(words[i], known[i].ValueStart, depth);
            if (known[i].IsClaimed)
            {
                continue;
            }

            Word? next = i + 1 < end && !known[i + 1].IsClaimed ? words[i + 1] : null;
            if (rules.OfProgram(words[i].Text) is ProgramSecrets secrets)
            {
                other = words[i];
                if (secrets.Positionals.Count > 0 && ++programs <= MostPrograms)
                {
                    ReadPositionals(secrets, words[(i + 1)..end], other);
                }
            }
            else if (next is not null && RuleBetween(i > 0 ? words[i - 1].Text : default, words[i].Text, next.Text) is string rule)
            {
                Add(SecretForm.Whole, next, 0, rule);
            }
            else if (words[i].Text is [(byte)'-' or (byte)'/', _, ..])
            {
                ReadFlag(words[i], next, other);
            }
        }

        return known;
    }

    private void ReadDeeper(List<Word> words, Executable? program, int depth)
    {
        if (depth + 1 < Deepest)
        {
            Read(words, program, 0, depth + 1);
            return;
        }

        foreach (Word word in words)
        {
            found.Add(word, 0, word.Length, "script too deep in others to be read");
        }
    }

    private void ReadScript(Word word, int from, int depth)
    {
        ReadOnlySpan<byte> text = word.Text[from..];
        if (text is [(byte)'-', ..] && text.IndexOfAny("{[ \t\n"u8) is int json and > 0 && JsonWords.IsJson(text[json..]))
        {
            from += json; // --data={"a":"b"}
            text = text[json..];
        }

        if (!JsonWords.IsJson(text) && !text.ContainsAny((byte)' ', (byte)'\t', (byte)'\n'))
        {
            return;
        }

        Word inner = from == 0 ? word : word.Part(from, text.Length);
        bool isJson = JsonWords.IsJson(text);
        if (isJson)
        {
            JsonVariables.Find(inner, rules, found);
        }

        List<ScriptCommand> commands = isJson ? JsonWords.Commands(inner) : ScriptWords.Commands(inner);
        for (int i = 0; i < commands.Count; i++)
        {
            ReadDeeper(commands[i].Words, null, depth);
            if (commands[i].Input is Word input)
            {
                ReadDeeper([input], null, depth);
                ReadInput(input.Lines(), commands[i].Words);
            }

            if (i > 0)
            {
                ReadInput(commands[i - 1].Output, commands[i].Words);
            }
        }
    }

    /// <summary>What a command is given to read: echo user:password | chpasswd.</summary>
    private void ReadInput(IEnumerable<Word> written, List<Word> reader)
    {
        Word? program = reader.Take(MostPrograms).FirstOrDefault(word => InputOf(word, reader) is not null);
        if (program is not null && InputOf(program, reader) is ProgramInput input)
        {
            foreach (Word word in written)
            {
                Add(input.Form, word, 0, $"input of {SafeText.Decode(program.Text)}");
            }
        }
    }

    private ProgramInput? InputOf(Word program, List<Word> command) => rules.OfProgram(program.Text)?.Inputs.Find(input => input.IsAskedFor(command));

    private void ReadPositionals(ProgramSecrets secrets, List<Word> arguments, Word program)
    {
        List<Word> words = [.. arguments.Where(static word => word.Text is not [(byte)'-', ..])];
        foreach (ProgramPositionals positionals in secrets.Positionals)
        {
            foreach (Word word in positionals.In(words, rules.Names))
            {
                Add(positionals.Form, word, 0, $"argument of {SafeText.Decode(program.Text)}");
            }
        }
    }

    /// <summary>What says that a word is a secret because of the words in front of it; null if nothing does.</summary>
    private string? RuleBetween(ReadOnlySpan<byte> before, ReadOnlySpan<byte> word, ReadOnlySpan<byte> next) =>
        before.SequenceEqual("set"u8) && rules.Names.IsSecret(word) ? "what a name that says so is set to"
        : Ascii.EqualsIgnoreCase(word, "Bearer") ? "bearer token"
        : TokenShapes.IsAwsKeyId(word) && TokenShapes.IsAwsSecretKey(next) ? "AWS secret access key"
        : null;

    /// <summary>A flag of a program that is none of the tools, or that the tool's grammar does not have.</summary>
    private void ReadFlag(Word word, Word? next, Word? program)
    {
        ReadOnlySpan<byte> text = word.Text;
        ReadOnlySpan<byte> name = text.TrimStart((byte)'-');
        int equals = name.IndexOf((byte)'=');
        foreach (ProgramFlag flag in (program is null ? null : rules.OfProgram(program.Text))?.Flags ?? [])
        {
            string rule = $"-{flag.Name} of {SafeText.Decode(program!.Text)}";
            int value = flag.ValueIn(text);
            if (value >= 0 && value < text.Length)
            {
                Add(flag.Form, word, value, rule);
                return;
            }

            if (value == text.Length && !flag.IsAttached && next is not null)
            {
                Add(flag.Form, next, 0, rule);
                return;
            }
        }

        bool isNamed = text[0] == '-' && equals < 0 && name.Length > 1 && rules.Names.IsSecret(name);
        if (isNamed && next is not null && next.Text is not ([(byte)'-', (byte)'-', ..] or [(byte)'-', _])) // those are flags
        {
            Add(SecretForm.Whole, next, 0, "flag whose name says so");
        }
    }

    private void Add(SecretForm form, Word word, int from, string rule)
    {
        if (word.IsLiteral || !Word.IsReference(word.Text[from..]))
        {
            SecretForms.Add(form, word, from, Repetition.Each, rule, rules, found);
        }
    }

    /// <summary>sh -c, bash -lc: the next word is a script.</summary>
    private static bool IsScriptFlag(Word word) => word.Text is [(byte)'-', not (byte)'-', ..] and [.., (byte)'c'];

    /// <summary>The tool whose grammar a program's words have; of those that start one, its name is among the words.</summary>
    private static Executable? ToolOf(Executable? program) =>
        program is null || program.Tool.IsContainerTool() ? program
        : program.Tool == Tool.Oc ? Executables.OfPath("kubectl"u8)
        : null;

    private static int FindTool(List<Word> words, int from, Predicate<int> isPossible, out Executable? program)
    {
        for (int i = from; i < words.Count; i++)
        {
            ReadOnlySpan<byte> text = words[i].Text;
            int tag = text.IndexOfAny((byte)':', (byte)'@'); // an image of the tool's
            program = ToolOf(Executables.OfPath(tag < 0 ? text : text[..tag]));
            if (program is not null && isPossible(i))
            {
                return i;
            }
        }

        program = null;
        return -1;
    }
}
