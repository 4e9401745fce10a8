namespace Tallyman.Agent.Suppression;

/// <summary>A pattern in which * stands for any characters, / among them, and ? for any one. It must fit the whole text.</summary>
internal sealed record Glob(string Pattern)
{
    /// <summary>In time proportional to both lengths at worst, whoever wrote the text.</summary>
    public bool Fits(string text)
    {
        int p = 0;
        int star = -1;
        int resume = 0;
        for (int t = 0; t < text.Length;)
        {
            if (p < Pattern.Length && Pattern[p] == '*')
            {
                star = p++;
                resume = t;
            }
            else if (p < Pattern.Length && (Pattern[p] == '?' || Pattern[p] == text[t]))
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++resume;
            }
            else
            {
                return false;
            }
        }

        return Pattern.AsSpan(p).TrimStart('*').IsEmpty;
    }
}
