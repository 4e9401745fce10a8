using Npgsql;

namespace Tallyman.Collector.Store.Postgres;

/// <summary>
/// The tables, in the first schema of the connection's search path. Numbers of the protocol that have 64 bits without a
/// sign are stored as bigint, bit by bit.
/// </summary>
internal static class PostgresSchema
{
    public const int Version = 2;

    /// <summary>Advisory locks: who holds one is the only collector that does this. "tallyman" in ASCII, and what it is for.</summary>
    public const long Lock = 0x74616c6c796d616e;

    // In the order of storing, but for what is stored at the same time. How far each destination has got the alerts; missed are
    // those that were taken away before.
    private const string Places = """
        CREATE SEQUENCE alerts_place;
        ALTER TABLE alerts ADD COLUMN place bigint NOT NULL DEFAULT nextval('alerts_place');
        CREATE INDEX ON alerts (place);

        CREATE TABLE forwarders (
            name text PRIMARY KEY,
            time timestamptz NOT NULL,
            place bigint NOT NULL,
            forwarded bigint NOT NULL,
            refused bigint NOT NULL,
            missed bigint NOT NULL
        ) WITH (fillfactor = 50);
        """;

    // An id is unique within the day of its execution: partitions know nothing of each other. Alerts whose clock cannot be
    // right lie in alerts_quarantine, below every day.
    private const string Create = $"""
        CREATE TABLE tallyman_schema (version integer NOT NULL);

        CREATE TABLE alerts (
            day date NOT NULL,
            id text NOT NULL,
            agent_id text NOT NULL,
            epoch bigint NOT NULL,
            sequence bigint NOT NULL,
            time timestamptz NOT NULL,
            stored timestamptz NOT NULL,
            host text NOT NULL,
            tool text NOT NULL,
            severity smallint NOT NULL,
            risk_score integer NOT NULL,
            suspicion_score integer NOT NULL,
            record bytea NOT NULL,
            PRIMARY KEY (day, id)
        ) PARTITION BY RANGE (day);
        CREATE TABLE alerts_quarantine PARTITION OF alerts FOR VALUES FROM (MINVALUE) TO ('1970-01-02');
        {Places}

        CREATE TABLE gaps (
            agent_id text NOT NULL,
            epoch bigint NOT NULL,
            sequence bigint NOT NULL,
            reason text NOT NULL,
            count bigint NOT NULL,
            count_is_exact boolean NOT NULL,
            first timestamptz NOT NULL,
            last timestamptz NOT NULL,
            stored timestamptz NOT NULL,
            PRIMARY KEY (agent_id, epoch, sequence)
        );

        CREATE TABLE audit_trail (
            agent_id text NOT NULL,
            epoch bigint NOT NULL,
            sequence bigint NOT NULL,
            time timestamptz NOT NULL,
            what text NOT NULL,
            detail text NOT NULL,
            stored timestamptz NOT NULL,
            PRIMARY KEY (agent_id, epoch, sequence)
        );

        -- The cursor, next_sequence, is committed together with the rows.
        CREATE TABLE agents (
            agent_id text PRIMARY KEY,
            generation bigint NOT NULL,
            epoch bigint NOT NULL,
            next_sequence bigint NOT NULL,
            claimed timestamptz NOT NULL
        ) WITH (fillfactor = 70);

        -- Rewritten every half minute: room on the page keeps that out of the index.
        CREATE TABLE heartbeats (
            agent_id text PRIMARY KEY,
            host text NOT NULL,
            version text NOT NULL,
            time timestamptz NOT NULL,
            counters text NOT NULL
        ) WITH (fillfactor = 50);

        CREATE TABLE findings (
            agent_id text NOT NULL,
            kind text NOT NULL,
            since timestamptz NOT NULL,
            until timestamptz,
            count bigint NOT NULL,
            detail text NOT NULL,
            PRIMARY KEY (agent_id, kind, since)
        );

        CREATE TABLE collectors (
            name text PRIMARY KEY,
            time timestamptz NOT NULL,
            counters text NOT NULL
        );
        """;

    /// <summary>Several collectors may start at once: one creates, the others wait for it.</summary>
    /// <exception cref="StoreException">The database has a schema that this collector does not know.</exception>
    public static async Task EnsureAsync(NpgsqlConnection connection)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync($"SELECT pg_advisory_xact_lock({Lock})");
        int? version = await VersionAsync(connection);
        if (version is not (null or 1))
        {
            Check(version.Value);
            return;
        }

        await connection.ExecuteAsync(version is null
            ? $"{Create} INSERT INTO tallyman_schema VALUES ({Version})"
            : $"{Places} UPDATE tallyman_schema SET version = {Version}");
        await transaction.CommitAsync();
    }

    /// <exception cref="StoreException">No collector has written to this database, or one of another version.</exception>
    public static async Task CheckAsync(NpgsqlConnection connection) =>
        Check(await VersionAsync(connection) ?? throw new StoreException("the database has no alerts: has a collector run with it?"));

    private static void Check(int version)
    {
        if (version != Version)
        {
            throw new StoreException($"the database has schema {version}, this program knows {Version}: use the one that belongs to it");
        }
    }

    private static async Task<int?> VersionAsync(NpgsqlConnection connection) =>
        await connection.ScalarAsync<bool>("SELECT to_regclass('tallyman_schema') IS NOT NULL")
            ? await connection.ScalarAsync<int>("SELECT version FROM tallyman_schema")
            : null;
}
