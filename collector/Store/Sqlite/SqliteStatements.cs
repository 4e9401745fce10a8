using Microsoft.Data.Sqlite;

namespace Tallyman.Collector.Store.Sqlite;

/// <summary>What the store says to SQLite, each compiled once.</summary>
internal sealed class SqliteStatements(SqliteConnection connection) : IDisposable
{
    public SqliteStatement Begin { get; } = new(connection, 0, "BEGIN IMMEDIATE");

    public SqliteStatement Commit { get; } = new(connection, 0, "COMMIT");

    public SqliteStatement Rollback { get; } = new(connection, 0, "ROLLBACK");

    public SqliteStatement Claim { get; } = new(connection, 3, """
        INSERT INTO agents VALUES (?1, 1, ?2, 0, ?3)
        ON CONFLICT DO UPDATE SET
            generation = generation + 1,
            next_sequence = iif(epoch = excluded.epoch, next_sequence, 0),
            epoch = excluded.epoch,
            claimed = excluded.claimed
        RETURNING generation, next_sequence
        """);

    public SqliteStatement Advance { get; } = new(connection, 3, """
        UPDATE agents SET next_sequence = max(next_sequence, ?3) WHERE agent_id = ?1 AND generation = ?2
        """);

    public SqliteStatement InsertAlert { get; } = new(connection, 12, """
        INSERT INTO alerts VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING
        """);

    public SqliteStatement InsertGap { get; } = new(connection, 9, """
        INSERT INTO gaps VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING
        """);

    public SqliteStatement InsertTrail { get; } = new(connection, 7, """
        INSERT INTO audit_trail VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING
        """);

    public SqliteStatement SaveHost { get; } = new(connection, 6, """
        INSERT INTO heartbeats SELECT ?1, ?2, ?3, ?4, ?5 FROM agents WHERE agent_id = ?1 AND generation = ?6
        ON CONFLICT DO UPDATE SET host = excluded.host, version = excluded.version, time = excluded.time, counters = excluded.counters
        """);

    public SqliteStatement EndSilence { get; } = new(connection, 0, """
        UPDATE findings SET until = heartbeats.time FROM heartbeats
        WHERE kind = 'host_silent' AND until IS NULL AND findings.agent_id = heartbeats.agent_id AND heartbeats.time > since
        """);

    public SqliteStatement FindSilent { get; } = new(connection, 3, """
        INSERT INTO findings SELECT ?1, 'host_silent', ?2, NULL, 1, '' FROM agents WHERE agent_id = ?1 AND generation = ?3
        ON CONFLICT DO NOTHING
        """);

    public SqliteStatement FindOthersSilent { get; } = new(connection, 1, """
        INSERT INTO findings SELECT agent_id, 'host_silent', time, NULL, 1, '' FROM heartbeats
        WHERE time < ?1
            AND NOT EXISTS (SELECT * FROM findings WHERE agent_id = heartbeats.agent_id AND kind = 'host_silent' AND until IS NULL)
        ON CONFLICT DO NOTHING
        RETURNING agent_id
        """);

    public SqliteStatement SaveFinding { get; } = new(connection, 6, """
        INSERT INTO findings VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT DO UPDATE SET until = excluded.until, count = excluded.count, detail = excluded.detail
        """);

    public SqliteStatement SaveCollector { get; } = new(connection, 3, """
        INSERT INTO collectors VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET time = excluded.time, counters = excluded.counters
        """);

    /// <summary>Counts for each destination what is taken away next and what it has not got.</summary>
    public SqliteStatement CountMissed { get; } = new(connection, 2, """
        UPDATE forwarders SET missed = missed + (
            SELECT count(*) FROM alerts
            WHERE stored < ?1 AND place IN (SELECT place FROM alerts ORDER BY place LIMIT ?2) AND place > forwarders.place)
        """);

    /// <summary>Each takes away at most ?2 rows that are older than ?1.</summary>
    public IReadOnlyList<SqliteStatement> TakeAway { get; } =
    [
        new(connection, 2, "DELETE FROM alerts WHERE stored < ?1 AND place IN (SELECT place FROM alerts ORDER BY place LIMIT ?2)"),
        Oldest(connection, "gaps", "agent_id, epoch, sequence", "stored < ?1"),
        Oldest(connection, "audit_trail", "agent_id, epoch, sequence", "stored < ?1"),
        Oldest(connection, "findings", "agent_id, kind, since", "coalesce(until, since) < ?1"),
        Oldest(connection, "heartbeats", "agent_id", "time < ?1"),
        Oldest(connection, "agents", "agent_id", "claimed < ?1 AND agent_id NOT IN (SELECT agent_id FROM heartbeats)"),
        Oldest(connection, "collectors", "name", "time < ?1"),
    ];

    public void Dispose()
    {
        SqliteStatement[] all =
        [
            Begin, Commit, Rollback, Claim, Advance, InsertAlert, InsertGap, InsertTrail, SaveHost, EndSilence, FindSilent,
            FindOthersSilent, SaveFinding, SaveCollector, CountMissed, .. TakeAway,
        ];
        Array.ForEach(all, static statement => statement.Dispose());
    }

    private static SqliteStatement Oldest(SqliteConnection connection, string table, string key, string isOld) =>
        new(connection, 2, $"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE {isOld} LIMIT ?2)");
}
