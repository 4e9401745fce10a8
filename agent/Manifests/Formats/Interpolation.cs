using System.Globalization;
using System.Text;
using Tallyman.Agent.Yaml;

namespace Tallyman.Agent.Manifests.Formats;

/// <summary>
/// Puts variables into the values of a compose file, as compose does before it looks at them: $V, ${V}, ${V:-default},
/// ${V-default}, ${V:?error}, ${V:+alternative}, $$.
/// </summary>
/// <remarks>
/// A variable that is not set is empty. An alternative counts unless the variable is known to be unset or empty, which
/// nobody here can know: ${PATH:+host} is host everywhere.
/// </remarks>
/// <param name="environment">Null for what is not set or not known.</param>
/// <param name="origin">What each node is marked with.</param>
internal sealed class Interpolation(ManifestReading reading, Func<string, string?> environment, ManifestOrigin? origin = null)
{
    private const int Deepest = 8;

    /// <summary>Each node once, as often as aliases name it.</summary>
    private readonly Dictionary<YamlNode, YamlNode> _done = new(ReferenceEqualityComparer.Instance);

    /// <summary>Characters that all values together may become.</summary>
    private int _left = ManifestText.LongestText;

    public YamlNode Apply(YamlNode node)
    {
        if (!_done.TryGetValue(node, out YamlNode? done))
        {
            done = node switch
            {
                YamlScalar scalar when scalar.Text.Contains('$') => scalar with { Text = Substitute(scalar.Text, 0), Origin = origin },
                YamlSequence sequence => sequence with { Items = [.. sequence.Items.Select(Apply)], Origin = origin },
                YamlMapping mapping => mapping with { Entries = [.. mapping.Entries.Select(Apply)], Origin = origin },
                _ => origin is null ? node : node with { Origin = origin },
            };
            _done.Add(node, done);
        }

        return done;
    }

    private KeyValuePair<YamlScalar, YamlNode> Apply(KeyValuePair<YamlScalar, YamlNode> entry) => new(entry.Key, Apply(entry.Value));

    private string Substitute(string text, int depth)
    {
        var result = new StringBuilder();
        for (int i = 0; i < text.Length;)
        {
            int dollar = text.IndexOf('$', i);
            if (dollar < 0 || depth > Deepest)
            {
                Append(result, text.AsSpan(i));
                break;
            }

            Append(result, text.AsSpan(i, dollar - i));
            i = dollar + 1;
            if (i < text.Length && text[i] == '$')
            {
                Append(result, "$");
                i++;
            }
            else if (i < text.Length && text[i] == '{')
            {
                int end = EndOfBraces(text, i);
                if (end < 0)
                {
                    break; // compose takes no such text; looking on behind each brace would take for ever
                }

                Append(result, Braced(text[(i + 1)..end], depth));
                i = end + 1;
            }
            else
            {
                int name = LengthOfName(text.AsSpan(i));
                Append(result, name == 0 ? "$" : environment(text.Substring(i, name)) ?? "");
                i += name;
            }
        }

        return result.ToString();
    }

    /// <summary>What stands between the braces: a name, and perhaps what to do about it.</summary>
    private string Braced(string inner, int depth)
    {
        int length = LengthOfName(inner);
        string? value = length == 0 ? null : environment(inner[..length]);
        string rest = inner[length..];
        bool emptyIsUnset = rest is [':', ..];
        bool isSet = emptyIsUnset ? value is { Length: > 0 } : value is not null;
        string word = rest[Math.Min(rest.Length, emptyIsUnset ? 2 : 1)..];
        return rest switch
        {
            [':', '-', ..] or ['-', ..] => isSet ? value! : Substitute(word, depth + 1),
            [':', '+', ..] or ['+', ..] => isSet || value is null ? Substitute(word, depth + 1) : "",
            _ => value ?? "",
        };
    }

    /// <summary>Where the brace closes that opens here; -1 if it does not.</summary>
    private static int EndOfBraces(string text, int open)
    {
        int depth = 0;
        for (int i = open; i < text.Length; i++)
        {
            depth += text[i] switch { '{' when text[i - 1] == '$' => 1, '}' => -1, _ => 0 };
            if (depth == 0)
            {
                return i;
            }
        }

        return -1;
    }

    private static int LengthOfName(ReadOnlySpan<char> text)
    {
        int length = 0;
        while (length < text.Length
            && (char.IsAsciiLetter(text[length]) || text[length] == '_' || (length > 0 && char.IsAsciiDigit(text[length]))))
        {
            length++;
        }

        return length;
    }

    private void Append(StringBuilder result, ReadOnlySpan<char> text)
    {
        if (text.Length > _left)
        {
            reading.Fail(string.Create(
                CultureInfo.InvariantCulture, $"values with variables may be {ManifestText.LongestText:N0} characters, are more"));
            text = text[.._left];
        }

        _left -= text.Length;
        result.Append(text);
    }
}
