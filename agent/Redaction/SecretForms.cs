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
            case SecretForm.Pair or SecretForm.Variable or SecretForm.DriverOption:
                foreach ((int start, int end) in Fields(word, from, form == SecretForm.DriverOption ? Repetition.EachCsv : repetition))
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
            case SecretForm.UserPasswordAtHost:
                AddBetween(PasswordBeforeHost(word.Text[from..]), word, from, rule, found);
                break;
            case SecretForm.UserSlashPassword:
                AddBetween(PasswordBehindSlash(word.Text[from..]), word, from, rule, found);
                break;
            case SecretForm.PasswdEntry:
                AddBetween(SecondField(word.Text[from..]), word, from, rule, found);
                break;
            case SecretForm.Json:
                KubernetesSecrets.Find(word, from, rules.Names, found);
                break;
            case SecretForm.Instruction:
                AddInstruction(word, from, rule, found);
                break;
        }
    }

    /// <summary>Of user/password@database, or without the database: where the password is, up to the last '@'.</summary>
    public static Range PasswordBehindSlash(ReadOnlySpan<byte> account)
    {
        int slash = account.IndexOf((byte)'/');
        int at = account.LastIndexOf((byte)'@');
        return slash > 0 && (at < 0 || slash < at) ? (slash + 1)..(at < 0 ? account.Length : at) : default;
    }

    /// <summary>Of user:password@host, in which IMAGE:: may stand in front, and ::IMAGE behind.</summary>
    private static Range PasswordBeforeHost(ReadOnlySpan<byte> account)
    {
        int at = account.LastIndexOf((byte)'@');
        int start = at < 0 ? 0 : account[..at].LastIndexOf("::"u8) + 2;
        start = start == 1 ? 0 : start;
        int colon = at < 0 ? -1 : account[start..at].IndexOf((byte)':');
        return colon < 0 ? default : (start + colon + 1)..at;
    }

    /// <summary>Of name:password:…, unless what stands there says that there is none, or that it is elsewhere.</summary>
    private static Range SecondField(ReadOnlySpan<byte> entry)
    {
        int start = entry.IndexOf((byte)':') + 1;
        int length = entry[start..].IndexOf((byte)':');
        int end = length < 0 ? entry.Length : start + length;
        return start > 0 && entry[start..end] is not ([] or [(byte)'x' or (byte)'*' or (byte)'!']) ? start..end : default;
    }

    private static void AddBetween(Range range, Word word, int from, string rule, SecretSpans found)
    {
        if (!range.Equals(default))
        {
            found.Add(word, from + range.Start.Value, from + range.End.Value, rule);
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
        if (form == SecretForm.DriverOption)
        {
            if (!name.SequenceEqual("key"u8) && !name.StartsWith("env."u8))
            {
                return;
            }

            name = name[(name.IndexOf((byte)'.') + 1)..];
            form = SecretForm.Variable;
        }

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
