using System.Text;
using Tallyman.Agent.Model;
using Tallyman.Rendering;

namespace Tallyman.Agent.Redaction;

/// <summary>
/// Finds the secrets of a command line again where nothing but their being the same gives them away. Not in what the tool's
/// grammar says is something else: by calling /etc a password one could else hide which directory one mounts.
/// </summary>
internal sealed class SecretEchoes
{
    /// <summary>Shorter ones are in too many other words.</summary>
    private const int ShortestCertain = 4;
    private const int ShortestPossible = 8;

    /// <summary>Different secrets that are looked for. With more of them, everything is one in which they could be.</summary>
    private const int MostSecrets = 256;

    private readonly List<SecretSpan> _secrets = [];
    private readonly Argv _argv;
    private readonly bool _isTooMany;

    private SecretEchoes(Argv argv, SecretSpans found)
    {
        _argv = argv;
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (SecretSpan span in found.Arguments.SelectMany(arg => found.In(arg, argv.Memory(arg))))
        {
            int length = span.End - span.Start;
            if (length >= (span.IsCertain ? ShortestCertain : ShortestPossible) && known.Add(Encoding.Latin1.GetString(span.Secret)))
            {
                _secrets.Add(span);
            }
        }

        _isTooMany = _secrets.Count > MostSecrets;
    }

    public static SecretEchoes Of(SecretSpans found, Argv argv) => new(argv, found);

    /// <param name="known">What the grammar says of each word.</param>
    public void Find(List<Word> words, KnownWord[] known, SecretSpans found)
    {
        for (int i = 0; i < words.Count; i++)
        {
            if (known[i].IsClaimed)
            {
                continue;
            }

            if (_isTooMany)
            {
                found.Add(words[i], 0, words[i].Length, "may be one of very many secrets");
                continue;
            }

            foreach (SecretSpan secret in _secrets)
            {
                ReadOnlySpan<byte> text = words[i].Text;
                for (int at = text.IndexOf(secret.Secret); at >= 0;)
                {
                    int end = at + secret.Secret.Length;
                    found.Add(words[i], at, end, $"the secret of argv[{secret.Word.Arg}]");
                    int next = text[end..].IndexOf(secret.Secret);
                    at = next < 0 ? -1 : end + next;
                }
            }
        }
    }

    /// <summary>The secrets as texts may contain them, each with its mark, the longest first.</summary>
    public IReadOnlyList<(string Secret, string Mark)> Texts(SecretHash hash)
    {
        var texts = new List<(string Secret, string Mark)>();
        foreach (SecretSpan span in _secrets)
        {
            string mark = hash.Mark(span.Secret);
            texts.Add((SafeText.Decode(span.Secret), mark));
            texts.Add((SafeText.Escape(span.Secret), mark));
            texts.Add((SafeText.Decode(_argv[span.Word.Arg][span.From..span.To]), mark));
        }

        return [.. texts.DistinctBy(static text => text.Secret).OrderByDescending(static text => text.Secret.Length)];
    }
}
