using Microsoft.Data.Sqlite;

namespace Tallyman.Collector.Store.Sqlite;

/// <summary>
/// The tables. Times are microseconds since 1970, in UTC. The columns beside <c>record</c> are what people search by; the
/// record itself is the whole message. 64-bit numbers of the protocol are stored as SQLite's signed ones, bit by bit.
/// </summary>
internal static class SqliteSchema
{
    public const int Version = 3;

    // Rows lie in the order in which they came: appending is cheap, and so is taking away the oldest. AUTOINCREMENT: a place
    // is never given twice, also when all rows have been taken away, so that who follows them misses none.
    private const string Alerts = """
        CREATE TABLE alerts (
            place INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            agent_id TEXT NOT NULL,
            epoch INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            time INTEGER NOT NULL,
            stored INTEGER NOT NULL,
            host TEXT NOT NULL,
            tool TEXT NOT NULL,
            severity INTEGER NOT NULL,
            risk_score INTEGER NOT NULL,
            suspicion_score INTEGER NOT NULL,
            record BLOB NOT NULL
        ) STRICT;
        CREATE INDEX alerts_by_time ON alerts (time);
        """;

    // The cursor, next_sequence, is committed together with the rows.
    private const string Agents = """
        CREATE TABLE agents (
            agent_id TEXT PRIMARY KEY,
            generation INTEGER NOT NULL,
            epoch INTEGER NOT NULL,
            next_sequence INTEGER NOT NULL,
            claimed INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """;

    private const string Findings = """
        CREATE TABLE findings (
            agent_id TEXT NOT NULL,
            kind TEXT NOT NULL,
            since INTEGER NOT NULL,
            until INTEGER,
            count INTEGER NOT NULL,
            detail TEXT NOT NULL,
            PRIMARY KEY (agent_id, kind, since)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE collectors (
            name TEXT PRIMARY KEY,
            time INTEGER NOT NULL,
            counters TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        """;

    // How far each destination has got the alerts; missed are those that were taken away before.
    private const string Forwarders = """
        CREATE TABLE forwarders (
            name TEXT PRIMARY KEY,
            time INTEGER NOT NULL,
            place INTEGER NOT NULL,
            forwarded INTEGER NOT NULL,
            refused INTEGER NOT NULL,
            missed INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """;

    private const string Create = $"""
        {Alerts}

        CREATE TABLE gaps (
            agent_id TEXT NOT NULL,
            epoch INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            reason TEXT NOT NULL,
            count INTEGER NOT NULL,
            count_is_exact INTEGER NOT NULL,
            first INTEGER NOT NULL,
            last INTEGER NOT NULL,
            stored INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (agent_id, epoch, sequence)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE audit_trail (
            agent_id TEXT NOT NULL,
            epoch INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            time INTEGER NOT NULL,
            what TEXT NOT NULL,
            detail TEXT NOT NULL,
            stored INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (agent_id, epoch, sequence)
        ) STRICT, WITHOUT ROWID;

        {Agents}

        CREATE TABLE heartbeats (
            agent_id TEXT PRIMARY KEY,
            host TEXT NOT NULL,
            version TEXT NOT NULL,
            time INTEGER NOT NULL,
            counters TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        {Findings}

        {Forwarders}
        """;

    private const string NewAlerts = $"""
        ALTER TABLE alerts RENAME TO alerts_before;
        DROP INDEX alerts_by_time;
        {Alerts}
        INSERT INTO alerts SELECT NULL, * FROM alerts_before ORDER BY stored;
        DROP TABLE alerts_before;

        {Forwarders}
        """;

    private const string From1 = $"""
        ALTER TABLE gaps ADD COLUMN stored INTEGER NOT NULL DEFAULT 0;
        UPDATE gaps SET stored = unixepoch() * 1000000;
        ALTER TABLE audit_trail ADD COLUMN stored INTEGER NOT NULL DEFAULT 0;
        UPDATE audit_trail SET stored = unixepoch() * 1000000;

        ALTER TABLE agents RENAME TO agents_1;
        {Agents}
        INSERT INTO agents SELECT agent_id, 0, epoch, max(next_sequence), unixepoch() * 1000000 FROM agents_1 GROUP BY agent_id;
        DROP TABLE agents_1;

        {Findings}

        {NewAlerts}
        """;

    /// <exception cref="StoreException">The file has a schema that this collector does not know.</exception>
    public static void Ensure(SqliteConnection connection, string file)
    {
        using var ask = new SqliteCommand("PRAGMA user_version", connection);
        long version = (long)ask.ExecuteScalar()!;
        string change = version switch
        {
            0 => Create,
            1 => From1,
            2 => NewAlerts,
            Version => "",
            _ => throw new StoreException($"{file} has schema {version}, this collector knows {Version}: use the collector that wrote it, or another --data directory"),
        };
        if (change.Length > 0)
        {
            using var apply = new SqliteCommand($"BEGIN IMMEDIATE; {change} PRAGMA user_version = {Version}; COMMIT;", connection);
            apply.ExecuteNonQuery();
        }
    }
}
