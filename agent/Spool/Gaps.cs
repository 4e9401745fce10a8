using Google.Protobuf.WellKnownTypes;
using Tallyman.V1;

namespace Tallyman.Agent.Spool;

/// <summary>Gap records: how many things are missing, and why. docs/delivery.md lists the reasons.</summary>
internal static class Gaps
{
    public const string Evicted = "spool_evicted";
    public const string WriteFailed = "spool_write_failed";
    public const string Corrupt = "spool_corrupt";
    public const string Rewound = "collector_rewound";
    public const string Restart = "agent_restart";

    public static GapRecord Of(string reason, ulong count, DateTimeOffset first, DateTimeOffset last, bool isExact = true) => new()
    {
        Reason = reason,
        Count = count,
        First = Timestamp.FromDateTimeOffset(first),
        Last = Timestamp.FromDateTimeOffset(last),
        CountIsExact = isExact,
    };

    /// <summary>What is left of a record that has to go. A gap that goes hands on what it has counted.</summary>
    public static GapRecord InPlaceOf(SpooledRecord lost, string reason, DateTimeOffset now)
    {
        Record? record = lost.Parse();
        Timestamp time = record?.Alert?.Time ?? record?.Trail?.Time ?? Timestamp.FromDateTimeOffset(now);
        return record?.Gap is GapRecord gap
            ? new GapRecord { Reason = reason, Count = gap.Count, First = gap.First ?? time, Last = gap.Last ?? time, CountIsExact = gap.CountIsExact }
            : new GapRecord { Reason = reason, Count = 1, First = time, Last = time, CountIsExact = true };
    }

    /// <summary>Two gaps that stand side by side as one.</summary>
    public static GapRecord Merge(GapRecord one, GapRecord other) => new()
    {
        Reason = one.Reason == other.Reason ? one.Reason : Evicted,
        Count = one.Count + other.Count,
        First = Earlier(one.First, other.First),
        Last = Earlier(one.Last, other.Last) == one.Last ? other.Last : one.Last,
        CountIsExact = one.CountIsExact && other.CountIsExact,
    };

    private static Timestamp Earlier(Timestamp one, Timestamp other) => one.CompareTo(other) <= 0 ? one : other;
}
