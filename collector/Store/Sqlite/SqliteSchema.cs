namespace Tallyman.Collector.Store;

internal static class SqliteSchema
{
    public const int Version = 1;

    /// <summary>
    /// Times are microseconds since 1970, in UTC. The columns beside <c>record</c> are what people search by; the record
    /// itself is the whole message. 64-bit numbers of the protocol are stored as SQLite's signed ones, bit by bit.
    /// </summary>
    public const string Create = """
        CREATE TABLE alerts (
            id TEXT PRIMARY KEY,
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
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX alerts_by_time ON alerts (time);

        CREATE TABLE gaps (
            agent_id TEXT NOT NULL,
            epoch INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            reason TEXT NOT NULL,
            count INTEGER NOT NULL,
            count_is_exact INTEGER NOT NULL,
            first INTEGER NOT NULL,
            last INTEGER NOT NULL,
            PRIMARY KEY (agent_id, epoch, sequence)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE audit_trail (
            agent_id TEXT NOT NULL,
            epoch INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            time INTEGER NOT NULL,
            what TEXT NOT NULL,
            detail TEXT NOT NULL,
            PRIMARY KEY (agent_id, epoch, sequence)
        ) STRICT, WITHOUT ROWID;

        -- How far each agent has come. next_sequence is committed together with the rows.
        CREATE TABLE agents (
            agent_id TEXT NOT NULL,
            epoch INTEGER NOT NULL,
            next_sequence INTEGER NOT NULL,
            PRIMARY KEY (agent_id, epoch)
        ) STRICT, WITHOUT ROWID;

        -- The last sign of life of each agent.
        CREATE TABLE heartbeats (
            agent_id TEXT PRIMARY KEY,
            host TEXT NOT NULL,
            version TEXT NOT NULL,
            time INTEGER NOT NULL,
            counters TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        """;
}
