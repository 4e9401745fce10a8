namespace Tallyman.Agent.Local;

/// <summary>What there is to ask for, by path.</summary>
/// <param name="Answers">Made anew for each request, on a thread of the pool.</param>
/// <param name="Streams">Null if too many have asked for it.</param>
internal sealed record LocalPages(IReadOnlyDictionary<string, Func<Answer>> Answers, IReadOnlyDictionary<string, Func<ILocalStream?>> Streams)
{
    public LocalPages(IReadOnlyDictionary<string, Func<Answer>> answers)
        : this(answers, new Dictionary<string, Func<ILocalStream?>>())
    {
    }
}
