using System.Globalization;

namespace Tallyman.Tests.Support;

/// <summary>
/// What tests of faults share: how often they go round, by which seed, and where they tell what came of it. "make test-faults"
/// has them go round often and makes docs/faults.md of what they tell.
/// </summary>
internal static class Faults
{
    /// <summary>The trait by which "make test-faults" finds them.</summary>
    public const string Category = "Faults";

    /// <summary>TALLYMAN_SEED has them do the same again.</summary>
    public static int Seed { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("TALLYMAN_SEED"), CultureInfo.InvariantCulture, out int seed) ? seed : Environment.TickCount & 0xff_ffff;

    /// <summary>TALLYMAN_FAULTS: how many of the rounds of a long run, in per cent.</summary>
    private static readonly int Percent =
        int.TryParse(Environment.GetEnvironmentVariable("TALLYMAN_FAULTS"), CultureInfo.InvariantCulture, out int percent) ? percent : 0;

    public static bool AreMany => Percent > 0;

    /// <summary>A few rounds always, many in a long run.</summary>
    public static int Rounds(int few, int many) => Math.Max(few, many * Percent / 100);

    /// <summary>One row of the table, when everything has held.</summary>
    /// <param name="stored">Records that arrived.</param>
    /// <param name="lost">Those that did not, by the reason under which they are counted: "12 spool_evicted".</param>
    public static void Report(string fault, int rounds, long stored, string lost, string outcome)
    {
        if (Environment.GetEnvironmentVariable("TALLYMAN_FAULT_ROWS") is string file)
        {
            File.AppendAllText(file, string.Create(CultureInfo.InvariantCulture, $"| {fault} | {rounds:N0} | {stored:N0} | {(lost.Length == 0 ? "none" : lost)} | {outcome} | {Seed} |\n"));
        }
    }

    /// <summary>"12 spool_evicted, 3 spool_write_failed"; empty if nothing was lost.</summary>
    public static string Lost(IEnumerable<(string Reason, ulong Count)> gaps) => string.Join(
        ", ",
        gaps.Where(static gap => gap.Count > 0)
            .GroupBy(static gap => gap.Reason, static gap => gap.Count)
            .OrderBy(static reason => reason.Key, StringComparer.Ordinal)
            .Select(static reason => string.Create(CultureInfo.InvariantCulture, $"{reason.Aggregate(0ul, static (sum, count) => sum + count):N0} {reason.Key}")));
}
