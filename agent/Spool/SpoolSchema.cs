namespace Tallyman.Agent.Spool;

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
}
