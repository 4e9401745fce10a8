using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Tallyman.Agent.Published;

/// <summary>A search of log lines, as it is published: conditions that a line must meet, and questions that add up to a score.</summary>
/// <param name="Technique">Of ATT&amp;CK.</param>
/// <param name="Process">Asked of the path of the program.</param>
/// <param name="Line">Asked of the joined arguments.</param>
public sealed record PublishedQuery(string Technique, PublishedExpression Process, PublishedExpression Line, ImmutableArray<PublishedQuestion> Questions)
{
    public PublishedAnswer Ask(string process, JoinedLine line)
    {
        if (!Process.Matches(process))
        {
            return new PublishedAnswer(this, [], null) { PassesOver = Process };
        }

        if (Line.Find(line) is not PublishedMatch opening)
        {
            return new PublishedAnswer(this, [], null) { PassesOver = Line };
        }

        return new PublishedAnswer(this, [.. FindingsIn(line)], opening);
    }

    private IEnumerable<PublishedFinding> FindingsIn(JoinedLine line)
    {
        foreach (PublishedQuestion question in Questions)
        {
            if (question.Find(line) is PublishedMatch match)
            {
                yield return new PublishedFinding(question, match);
            }
        }
    }
}

/// <summary>What is raised where any one of some expressions is found.</summary>
/// <param name="Name">The indicator, or the part of suspicion_score.</param>
public sealed record PublishedQuestion(string Name, int Weight, params ImmutableArray<PublishedExpression> Expressions)
{
    public PublishedMatch? Find(JoinedLine line)
    {
        foreach (PublishedExpression expression in Expressions)
        {
            if (expression.Find(line) is PublishedMatch match)
            {
                return match;
            }
        }

        return null;
    }
}

/// <summary>A regular expression, letter by letter as it is published.</summary>
public sealed record PublishedExpression(string Pattern)
{
    // Linear in its input, whatever that is; what it cannot do, none of these expressions uses.
    private readonly Regex _regex = new(Pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    public bool Matches(string text) => _regex.IsMatch(text);

    public PublishedMatch? Find(JoinedLine line)
    {
        Match match = _regex.Match(line.Text);
        if (!match.Success)
        {
            return null;
        }

        // Spaces around a word lie between arguments; the word itself says which argument is meant.
        ReadOnlySpan<char> word = match.ValueSpan.TrimStart();
        int start = match.Index + match.Length - word.Length;
        int end = start + word.TrimEnd().Length;
        return new PublishedMatch(this, line.Text[start..end], line.ArgAt(start), line.ArgAt(end - 1));
    }
}

/// <summary>What an expression matched first, and which arguments that lies in.</summary>
public sealed record PublishedMatch(PublishedExpression Expression, string Text, int FirstArg, int LastArg);

public sealed record PublishedFinding(PublishedQuestion Question, PublishedMatch Match);

/// <summary>What a published query makes of a line.</summary>
/// <param name="Opening">What met the condition on the line; null if nothing did.</param>
public sealed record PublishedAnswer(PublishedQuery Query, ImmutableArray<PublishedFinding> Findings, PublishedMatch? Opening)
{
    /// <summary>The condition that is not met, so that the query does not look at the line; null if it does look.</summary>
    public PublishedExpression? PassesOver { get; init; }

    public int Score => Findings.Sum(static finding => finding.Question.Weight);

    /// <summary>What a question adds to the score; 0 if it is not answered with yes.</summary>
    public int ScoreOf(string question) => Find(question)?.Question.Weight ?? 0;

    public PublishedFinding? Find(string question) => Findings.FirstOrDefault(finding => finding.Question.Name == question);
}
