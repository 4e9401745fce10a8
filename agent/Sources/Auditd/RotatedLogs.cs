using System.Globalization;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>
/// The files of a log and their order: auditd has audit.log.2, audit.log.1, audit.log from the oldest to the newest, logrotate also
/// audit.log-20261121, audit.log, or a date as its dateformat says: .20261121, -2026-11-21, -20261121-1795219200.
/// </summary>
internal static class RotatedLogs
{
    private const string Compressed = ".gz";
    private const int LongestIndex = 5; // digits; the shortest date that tells months apart has six
    private const int MostAttempts = 5;

    /// <summary>Those of one log from the oldest to the newest however they are given: a shell's audit.log* has them the other way round.</summary>
    public static IReadOnlyList<string> InOrder(IEnumerable<string> files) =>
        [.. files.GroupBy(static file => PartsOf(file).Log).SelectMany(static log => log.OrderBy(static file => PartsOf(file).Age))];

    /// <summary>The files of a log that can be read as they are, from the oldest to the newest, with their inodes.</summary>
    public static IReadOnlyList<(string Path, ulong Inode)> Of(string log)
    {
        // Files are renamed one after the other; two looks that agree have seen none of it half done.
        IReadOnlyList<(string, ulong)> last = Look(log);
        for (int i = 0; i < MostAttempts; i++)
        {
            IReadOnlyList<(string, ulong)> next = Look(log);
            if (next.SequenceEqual(last))
            {
                break;
            }

            last = next;
        }

        return last;
    }

    private static List<(string Path, ulong Inode)> Look(string log)
    {
        var files = new List<(string, ulong)>();
        try
        {
            string directory = Path.GetDirectoryName(log) is { Length: > 0 } named ? named : ".";
            IEnumerable<string> names = Directory.EnumerateFiles(directory, Path.GetFileName(log) + "*")
                .Where(file => !file.EndsWith(Compressed, StringComparison.Ordinal) && Path.GetFileName(PartsOf(file).Log) == Path.GetFileName(log));
            foreach (string file in InOrder(names))
            {
                using LogFile? opened = LogFile.TryOpen(file, out _);
                if (opened is not null)
                {
                    files.Add((file, opened.Inode));
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // what is not to be seen is not there
        }

        return files;
    }

    /// <returns>The newest file of the log, and what grows from the oldest file to that.</returns>
    private static (string Log, Int128 Age) PartsOf(string file)
    {
        string name = file.EndsWith(Compressed, StringComparison.Ordinal) ? file[..^Compressed.Length] : file;
        int start = name.Length;
        while (name.AsSpan(0, start).LastIndexOfAny('.', '-') is int mark and > 0 && mark + 1 < start && name[mark - 1] != '/'
            && !name.AsSpan(mark + 1, start - mark - 1).ContainsAnyExceptInRange('0', '9'))
        {
            start = mark;
        }

        string digits = string.Concat(name.Skip(start).Where(char.IsAsciiDigit));
        return !Int128.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out Int128 number) ? (name, Int128.MaxValue)
            : (name[..start], name[start] == '.' && digits.Length <= LongestIndex ? -number : number);
    }
}
