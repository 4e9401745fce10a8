using System.Text;
using Tallyman.Agent.CommandLines;

namespace Tallyman.Agent.Redaction;

/// <summary>Finds the secret in a value of which it is known how it holds one.</summary>
internal static class SecretForms
{
    /// <param name="from">Where in the word the value begins.</param>
    /// <param name="repetition">Whether it is a list of such values.</param>
    /// <param name="rule">What says so.</param>
    public static void Add(SecretForm form, Word word, int from, Repetition repetition, string rule, SecretRules rules, SecretSpans found)
    {
        switch (form)
        {
            case SecretForm.Whole or SecretForm.Named:
                found.Add(word, from, word.Length, rule);
                break;
            case SecretForm.Pair or SecretForm.Variable:
                foreach ((int start, int end) in Fields(word, from, repetition))
                {
                    AddPair(form, word, start, end, rule, rules, found);
                }

                break;
            case SecretForm.UserPassword:
                int sign = word.Text[from..].IndexOfAny((byte)':', (byte)'%');
                if (sign >= 0)
                {
                    found.Add(word, from + sign + 1, word.Length, rule);
                }

                break;
            case SecretForm.Json:
                KubernetesSecrets.Find(word, from, rules.Names, found);
                break;
            case SecretForm.Instruction:
                AddInstruction(word, from, rule, found);
                break;
        }
    }

    private static void AddPair(SecretForm form, Word word, int start, int end, string rule, SecretRules rules, SecretSpans found)
    {
        ReadOnlySpan<byte> field = word.Text[start..end];
        int equals = field.IndexOf((byte)'=');
        if (equals < 0)
        {
            return;
        }

        ReadOnlySpan<byte> name = field[..equals].TrimStart((byte)'"');
        if (form != SecretForm.Variable || !rules.IsHarmless(name))
        {
            found.Add(word, start + equals + 1, end, rule, rules.Names.IsSecret(name));
        }
    }

    /// <summary>The values of a list. One without a name goes with the one in front of it: it may be the rest of that.</summary>
    private static IEnumerable<(int Start, int End)> Fields(Word word, int from, Repetition repetition)
    {
        int start = from;
        for (int i = from; i < word.Length && repetition is Repetition.EachCsv or Repetition.EachComma; i++)
        {
            if (word.Text[i] == ',' && IsNamed(word.Text[(i + 1)..]))
            {
                yield return (start, i);
                start = i + 1;
            }
        }

        yield return (start, word.Length);
    }

    private static bool IsNamed(ReadOnlySpan<byte> rest)
    {
        int sign = rest.IndexOfAny((byte)'=', (byte)',');
        return sign > 0 && rest[sign] == '=';
    }

    /// <summary>ENV NAME=VALUE …, ENV NAME VALUE, ARG NAME=VALUE.</summary>
    private static void AddInstruction(Word word, int from, string rule, SecretSpans found)
    {
        ReadOnlySpan<byte> text = word.Text[from..];
        int blank = text.IndexOfAny((byte)' ', (byte)'\t');
        if (blank < 0 || (!Ascii.EqualsIgnoreCase(text[..blank], "ENV") && !Ascii.EqualsIgnoreCase(text[..blank], "ARG")))
        {
            return;
        }

        int name = blank + text[blank..].IndexOfAnyExcept((byte)' ', (byte)'\t');
        int end = name > blank ? text[name..].IndexOfAny((byte)'=', (byte)' ', (byte)'\t') : -1;
        if (end >= 0)
        {
            found.Add(word, from + name + end + 1, word.Length, rule);
        }
    }
}
