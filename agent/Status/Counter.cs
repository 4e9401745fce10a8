using System.Collections.Immutable;
using System.Text.Json;

namespace Tallyman.Agent.Status;

/// <summary>What is counted in user space. docs/operations.md explains each.</summary>
public enum Counter
{
    /// <summary>Executions of the tools that came from the kernel, by name or by a verdict it had.</summary>
    EventsWatched,

    /// <summary>Executions of binaries that nobody had looked into yet.</summary>
    EventsUnknown,

    /// <summary>Of those: none of the tools.</summary>
    UnknownNotTools,

    /// <summary>Of those: one of the tools by content.</summary>
    UnknownTools,

    /// <summary>Of those: the file was gone or changed before it could be read.</summary>
    LostUnknownGone,

    /// <summary>Of those: on a file system that may never answer, so not read.</summary>
    LostUnknownRefused,

    /// <summary>Of those: too many at once.</summary>
    LostUnknownQueueFull,

    /// <summary>Chunks whose head never came.</summary>
    LostHeadless,

    /// <summary>Records that are none.</summary>
    LostMalformed,

    /// <summary>Events that detection was too slow to take.</summary>
    LostQueueFull,

    /// <summary>Executions that the audit log tells of, of whatever program.</summary>
    AuditExecutions,

    /// <summary>Of those: something never came, or came in no form that can be read.</summary>
    AuditPartial,

    /// <summary>Of those that are to be judged: such as the audit log tells of.</summary>
    EventsAuditd,

    /// <summary>Arguments whose SYSCALL record never came.</summary>
    LostAuditHeadless,

    /// <summary>Records that came after their execution had been given up.</summary>
    LostAuditLate,

    /// <summary>Lines of the log that are no records.</summary>
    LostAuditMalformed,

    /// <summary>Lines of the log that are longer than any record.</summary>
    LostAuditTooLong,

    /// <summary>Arguments that are written in no known form.</summary>
    LostAuditUndecodable,

    /// <summary>Times that a part of the log may have been gone before it was read.</summary>
    LostAuditGaps,

    /// <summary>Executions that an earlier run had passed on already.</summary>
    AuditRepeated,

    /// <summary>Executions that were running when the agent started.</summary>
    EventsAtStart,

    /// <summary>Manifests whose content was looked at.</summary>
    ManifestsRead,

    /// <summary>Manifests that were not read or not to their end, by reason: agent/Manifests/Unread.cs.</summary>
    ManifestsUnreadStdin,
    ManifestsUnreadRemote,
    ManifestsUnreadGone,
    ManifestsUnreadNotAllowed,
    ManifestsUnreadNotRegular,
    ManifestsUnreadFileSystem,
    ManifestsUnreadTooLarge,
    ManifestsUnreadChanged,
    ManifestsUnreadBudget,
    ManifestsUnreadInvalid,
    ManifestsUnreadUnsupported,

    /// <summary>Threads that took too long to read manifests and were left to themselves.</summary>
    ManifestThreadsAbandoned,

    /// <summary>Threads that ended for a mistake in the agent while they read manifests.</summary>
    ManifestThreadsFailed,

    /// <summary>Command lines that are no reason for an alert.</summary>
    NotInteresting,

    Alerts,

    /// <summary>Alerts that another one counts, as they are like it and too many.</summary>
    Suppressed,

    /// <summary>Alerts that an exception of the site suppresses.</summary>
    Excepted,

    /// <summary>Alerts whose severity an exception of the site lowers.</summary>
    Lowered,

    /// <summary>Changes of configuration that were taken.</summary>
    Reloads,

    /// <summary>Changes of configuration that were not, as something in them was wrong.</summary>
    ReloadsRefused,

    /// <summary>Alerts of earlier runs that waited on disk.</summary>
    AlertsCarriedOver,

    /// <summary>Secrets that were taken out of alerts.</summary>
    RedactedValues,

    /// <summary>Alerts of whose command line nothing could leave.</summary>
    RedactionFailed,

    /// <summary>Alerts that had to make room in the spool.</summary>
    LostSpoolEvicted,

    /// <summary>Alerts that found no room in memory while the disk was too slow or failed.</summary>
    LostSpoolWriteFailed,

    /// <summary>Alerts that were in a spool which was lost, as far as is known.</summary>
    LostSpoolCorrupt,

    /// <summary>Attempts to use the disk that failed.</summary>
    SpoolFailures,

    /// <summary>Streams that ended because a collector said what it may not say, or what could not be read.</summary>
    CollectorErrors,

    /// <summary>Records that a collector has stored.</summary>
    Acknowledged,

    /// <summary>Of those: alerts.</summary>
    AcknowledgedAlerts,

    /// <summary>Alerts that a collector says can never be stored.</summary>
    LostNacked,

    /// <summary>Other records of which it says so: gaps, and what the agent says of itself.</summary>
    NackedOwn,
}

/// <summary>The counters of the agent; any thread may add.</summary>
public sealed class Counters
{
    private static readonly ImmutableArray<string> Names = [.. Enum.GetNames<Counter>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];

    private readonly ulong[] _values = new ulong[Names.Length];

    /// <summary>Alerts by severity, tool and leading indicator.</summary>
    public Tally Alerts { get; } = new("severity", "tool", "rule");

    /// <summary><see cref="Counter.Suppressed"/> by leading indicator.</summary>
    public Tally Suppressed { get; } = new("rule");

    /// <summary>Reasons of alerts.</summary>
    public Tally Indicators { get; } = new("rule");

    public ulong this[Counter counter] => Volatile.Read(ref _values[(int)counter]);

    public void Add(Counter counter, ulong count = 1) => Interlocked.Add(ref _values[(int)counter], count);

    /// <summary>All counters by their names: lost_queue_full.</summary>
    public IEnumerable<KeyValuePair<string, ulong>> Read()
    {
        for (int i = 0; i < _values.Length; i++)
        {
            yield return new(Names[i], Volatile.Read(ref _values[i]));
        }
    }
}
