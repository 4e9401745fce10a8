namespace Tallyman.Agent.Redaction;

/// <summary>One secret where it stands.</summary>
/// <param name="Word">The word that it is a part of, from <paramref name="Start"/> to before <paramref name="End"/>.</param>
/// <param name="Rule">What says that it is one.</param>
/// <param name="IsCertain">Whether a name or the form says so, and not only that it is anybody's variable.</param>
internal readonly record struct SecretSpan(Word Word, int Start, int End, string Rule, bool IsCertain)
{
    /// <summary>The secret as the program gets it, without the quotes of a shell.</summary>
    public ReadOnlySpan<byte> Secret => Word.Text[Start..End];

    /// <summary>Its first byte in the argument.</summary>
    public int From => Word.PlaceOf(Start);

    /// <summary>Behind its last byte in the argument.</summary>
    public int To => Word.PlaceOf(End - 1) + 1;
}

/// <summary>The secrets that were found in a command line, by argument.</summary>
internal sealed class SecretSpans
{
    private readonly Dictionary<int, List<SecretSpan>> _spans = [];

    public int Count { get; private set; }

    /// <summary>Indexes in argv of the arguments with secrets.</summary>
    public IEnumerable<int> Arguments => _spans.Keys.Order();

    public void Add(Word word, int start, int end, string rule, bool isCertain = true)
    {
        if (start >= end)
        {
            return;
        }

        if (!_spans.TryGetValue(word.Arg, out List<SecretSpan>? spans))
        {
            _spans.Add(word.Arg, spans = []);
        }

        spans.Add(new SecretSpan(word, start, end, rule, isCertain));
        Count++;
    }

    /// <summary>The secrets of an argument in their order, none in another: of those that overlap the first and longest stands for all.</summary>
    public List<SecretSpan> In(int argument, ReadOnlyMemory<byte> whole)
    {
        var merged = new List<SecretSpan>();
        if (!_spans.TryGetValue(argument, out List<SecretSpan>? spans))
        {
            return merged;
        }

        foreach (SecretSpan span in spans.OrderBy(static span => span.From).ThenByDescending(static span => span.To))
        {
            if (merged.Count == 0 || span.From >= merged[^1].To)
            {
                merged.Add(span);
            }
            else if (span.To > merged[^1].To)
            {
                SecretSpan last = merged[^1];
                merged[^1] = new SecretSpan(new Word(whole, argument), last.From, span.To, last.Rule, last.IsCertain || span.IsCertain);
            }
            else if (span.IsCertain && !merged[^1].IsCertain)
            {
                merged[^1] = merged[^1] with { IsCertain = true };
            }
        }

        return merged;
    }
}
