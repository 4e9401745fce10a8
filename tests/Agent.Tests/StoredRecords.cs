using Microsoft.Data.Sqlite;
using Tallyman.Agent.Spool;
using Tallyman.V1;
using Xunit;

namespace Tallyman.Agent.Tests;

/// <summary>An alert or a gap in a collector's store, SQLite, with its place in the agent's sequence.</summary>
internal sealed record StoredRecord(ulong Epoch, ulong Sequence, Alert? Alert, string? Reason, ulong Count);

/// <summary>What a collector has stored, in the order in which it happened to the agent: the truth is held against it.</summary>
internal static class StoredRecords
{
    /// <param name="data">The collector's directory.</param>
    public static List<StoredRecord> Read(string data)
    {
        using SqliteConnection connection = SqliteQueries.Open(Path.Combine(data, "tallyman.db"), SqliteOpenMode.ReadOnly);
        List<(StoredRecord Record, long Stored)> rows = connection.Rows(
            static row => (new StoredRecord(
                row.GetUInt64(0),
                row.GetUInt64(1),
                row.IsDBNull(3) ? null : Alert.Parser.ParseFrom(row.GetBytes(3)),
                row.IsDBNull(4) ? null : row.GetString(4),
                row.GetUInt64(5)), row.GetInt64(2)),
            "SELECT epoch, sequence, stored, record, NULL, 0 FROM alerts UNION ALL SELECT epoch, sequence, stored, NULL, reason, count FROM gaps");
        return [.. rows.GroupBy(static row => row.Record.Epoch).OrderBy(static epoch => epoch.Min(static row => row.Stored)).SelectMany(static epoch => epoch.Select(static row => row.Record).OrderBy(static record => record.Sequence))];
    }

    /// <summary>What agents have said of themselves.</summary>
    public static string[] Trail(string data)
    {
        using SqliteConnection connection = SqliteQueries.Open(Path.Combine(data, "tallyman.db"), SqliteOpenMode.ReadOnly);
        return [.. connection.Rows(static row => $"{row.GetString(0)} {row.GetString(1)}", "SELECT what, detail FROM audit_trail ORDER BY epoch, sequence")];
    }

    public static IEnumerable<(string Reason, ulong Count)> Gaps(this IEnumerable<StoredRecord> records) =>
        records.Where(static record => record.Reason is not null && record.Count > 0).Select(static record => (record.Reason!, record.Count));

    /// <summary>Of the things 0, 1, 2, … there is each once and in order, or in its place a gap for one of the reasons.</summary>
    /// <param name="numberOf">Null for alerts of something else.</param>
    /// <returns>How many are there; the others are in gaps.</returns>
    public static int AssertInOrder(this IReadOnlyList<StoredRecord> records, int count, Func<Alert, int?> numberOf, params string[] reasons)
    {
        (int next, int found, bool isGap) = (0, 0, false);
        foreach (StoredRecord record in records)
        {
            isGap |= record.Reason is not null && reasons.Contains(record.Reason);
            if (record.Alert is not null && numberOf(record.Alert) is int number)
            {
                Assert.True(number >= next, $"seed {Faults.Seed}: {number} comes behind {next - 1}");
                Assert.True(number == next || isGap, $"seed {Faults.Seed}: {next} to {number - 1} are missing, and no gap tells of them");
                (next, found, isGap) = (number + 1, found + 1, false);
            }
        }

        Assert.True(next == count || isGap, $"seed {Faults.Seed}: {next} to {count - 1} are missing at the end, and no gap tells of them");
        return found;
    }
}
