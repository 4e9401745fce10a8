namespace Tallyman.Cli;

/// <summary>How messages look on standard error.</summary>
public enum LogFormat
{
    /// <summary>A line with its time, for people at a terminal.</summary>
    Text,

    /// <summary>A line with its priority as sd-daemon(3) has it; the journal knows the time.</summary>
    Journal,

    /// <summary>An object a line.</summary>
    Json,
}

public static class LogFormats
{
    /// <summary>Where systemd has connected standard error to the journal: systemd.exec(5), JOURNAL_STREAM.</summary>
    public static LogFormat OfStandardError() =>
        IsOfJournal(Environment.GetEnvironmentVariable("JOURNAL_STREAM"), new FileInfo("/proc/self/fd/2").LinkTarget) ? LogFormat.Journal : LogFormat.Text;

    /// <param name="journalStream">Device and inode, as 8:12345; all sockets are on one device.</param>
    /// <param name="standardError">As the link in /proc says: socket:[12345].</param>
    public static bool IsOfJournal(string? journalStream, string? standardError) =>
        journalStream?.Split(':') is [_, { Length: > 0 } inode] && standardError == $"socket:[{inode}]";
}
