namespace Tallyman.Collector.Ingest;

/// <summary>What a collector counts. docs/operations.md explains each; the names there are those here in snake_case.</summary>
internal enum Counted
{
    Streams,
    RecordsStored,
    RecordsRefused,
    FramesRefused,
    SlowSent,
    GoAwaySent,
    Findings,
}

internal sealed class CollectorCounters
{
    private readonly long[] _counts = new long[Enum.GetValues<Counted>().Length];

    public void Add(Counted what, long count = 1) => Interlocked.Add(ref _counts[(int)what], count);

    public IEnumerable<(string Name, ulong Count)> All() =>
        Enum.GetValues<Counted>().Select(what => (NameOf(what), (ulong)Interlocked.Read(ref _counts[(int)what])));

    private static string NameOf(Counted what) =>
        string.Concat(what.ToString().Select(static (c, i) => char.IsUpper(c) && i > 0 ? $"_{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));
}
