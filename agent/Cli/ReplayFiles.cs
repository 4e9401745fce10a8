using System.Globalization;

namespace Tallyman.Agent.Cli;

/// <summary>
/// In which order log files are read. Those of one set go from the oldest to the newest however they are given, as a shell's
/// audit.log* has them the other way round: audit.log.2.gz, audit.log.1, audit.log; by logrotate also audit.log-20261121, audit.log.
/// </summary>
internal static class ReplayFiles
{
    public const string StandardInput = "-";

    private const string Compressed = ".gz";
    private const int LongestSuffix = 18; // what a long holds

    public static IReadOnlyList<string> InOrder(IEnumerable<string> files) =>
        [.. files.GroupBy(static file => PartsOf(file).Set).SelectMany(static set => set.OrderBy(static file => PartsOf(file).Age))];

    /// <returns>The name of the newest file of the set, and what grows from the oldest file to that.</returns>
    private static (string Set, long Age) PartsOf(string file)
    {
        string name = file.EndsWith(Compressed, StringComparison.Ordinal) ? file[..^Compressed.Length] : file;
        int mark = name.LastIndexOfAny(['.', '-']);
        ReadOnlySpan<char> suffix = name.AsSpan(mark + 1);
        return mark <= 0 || suffix.Length > LongestSuffix || !long.TryParse(suffix, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? (name, long.MaxValue)
            : (name[..mark], name[mark] == '.' ? -number : number);
    }
}
