using Microsoft.Data.Sqlite;

namespace Tallyman.Agent.Spool;

/// <summary>The tables of a spool, and whether a file has them.</summary>
internal static class SpoolSchema
{
    public const int Version = 1;

    /// <summary>
    /// 64-bit numbers are stored as SQLite's signed ones, bit by bit; times are milliseconds since 1970, in UTC. Each record is
    /// a whole tallyman.v1.Record. The order of places is the order in which things happened, and so is that of the pages.
    /// </summary>
    public const string Create = """
        CREATE TABLE state (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            epoch INTEGER NOT NULL,
            origin INTEGER NOT NULL,
            acknowledged INTEGER NOT NULL,
            sent INTEGER NOT NULL,
            next INTEGER NOT NULL,
            alive INTEGER NOT NULL,
            clean INTEGER NOT NULL,
            size INTEGER NOT NULL,
            digest BLOB NOT NULL
        ) STRICT;

        CREATE TABLE records (
            place INTEGER PRIMARY KEY,
            rank INTEGER NOT NULL,
            digest BLOB NOT NULL,
            record BLOB NOT NULL
        ) STRICT;

        -- Records that a collector has refused for good.
        CREATE TABLE dead_letters (
            epoch INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            reason TEXT NOT NULL,
            record BLOB NOT NULL,
            UNIQUE (epoch, sequence)
        ) STRICT;
        """;

    /// <summary>Whether SQLite, the tables and the state are as they were written.</summary>
    /// <exception cref="SpoolCorruptException">They are not; says what.</exception>
    public static SpoolState Check(SqliteConnection connection)
    {
        long version = connection.Number("PRAGMA user_version");
        if (version != Version)
        {
            throw new SpoolCorruptException($"it has schema {version}, this agent knows {Version}");
        }

        string[] flaws = [.. connection.Rows(static row => row.GetString(0), "PRAGMA quick_check(1)")];
        if (flaws is not ["ok"])
        {
            throw new SpoolCorruptException(string.Join("; ", flaws));
        }

        string schema = string.Join("\n", connection.Rows(static row => row.GetString(0), "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"));
        if (Words(schema) != Words(Create))
        {
            throw new SpoolCorruptException("its tables are not those of a spool");
        }

        return connection.Rows(StateOf, "SELECT epoch, origin, acknowledged, sent, next, alive, clean, size, digest FROM state").FirstOrDefault()
            ?? throw new SpoolCorruptException("its state is not as it was written");
    }

    private static SpoolState? StateOf(SqliteDataReader row)
    {
        var state = new SpoolState(
            row.GetUInt64(0), row.GetUInt64(1), row.GetUInt64(2), row.GetUInt64(3), row.GetUInt64(4), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(5)), row.GetInt64(6) == 1, row.GetInt64(7));
        return state.IsSound && state.Digest().AsSpan().SequenceEqual(row.GetBytes(8)) ? state : null;
    }

    private static string Words(string sql) =>
        string.Concat(sql.Split('\n').Where(static line => !line.TrimStart().StartsWith("--", StringComparison.Ordinal)).SelectMany(static line => line).Where(static c => !char.IsWhiteSpace(c) && c != ';'));
}
