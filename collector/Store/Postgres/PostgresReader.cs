using Npgsql;
using static Tallyman.Collector.Store.Postgres.PostgresCommands;

namespace Tallyman.Collector.Store.Postgres;

internal sealed class PostgresReader : IStoreReader
{
    private readonly PostgresDatabase _database;

    private PostgresReader(PostgresDatabase database) => _database = database;

    /// <exception cref="StoreException">The database is not reached, or no collector has written to it.</exception>
    public static async Task<PostgresReader> OpenAsync(string connectionString)
    {
        PostgresDatabase database = PostgresDatabase.Of(connectionString);
        await database.UseAsync(async connection =>
        {
            await PostgresSchema.CheckAsync(connection);
            return true;
        });
        return new PostgresReader(database);
    }

    public IAsyncEnumerable<StoredAlert> ReadAlertsAsync(DateTimeOffset since) => _database.ReadAsync(
        $"SELECT {PostgresDatabase.AlertColumns} FROM alerts WHERE (day >= ($1 AT TIME ZONE 'UTC')::date OR day = '1970-01-01') AND time >= $1 ORDER BY time, id",
        static row => PostgresDatabase.AlertIn(row, 0),
        [Value(since.UtcDateTime)]);

    public IAsyncEnumerable<StoredGap> ReadGapsAsync(DateTimeOffset since) => _database.ReadAsync(
        "SELECT agent_id, sequence, reason, count, count_is_exact, first, last FROM gaps WHERE last >= $1 ORDER BY first, agent_id, epoch, sequence",
        static row => new StoredGap(
            row.GetString(0),
            new GapRow((ulong)row.GetInt64(1), row.GetString(2), unchecked((ulong)row.GetInt64(3)), row.GetBoolean(4), TimeIn(row, 5), TimeIn(row, 6))),
        [Value(since.UtcDateTime)]);

    public IAsyncEnumerable<StoredTrail> ReadTrailAsync(DateTimeOffset since) => _database.ReadAsync(
        "SELECT agent_id, sequence, time, what, detail FROM audit_trail WHERE time >= $1 ORDER BY time, agent_id, epoch, sequence",
        static row => new StoredTrail(row.GetString(0), new TrailRow((ulong)row.GetInt64(1), TimeIn(row, 2), row.GetString(3), row.GetString(4))),
        [Value(since.UtcDateTime)]);

    public IAsyncEnumerable<Finding> ReadFindingsAsync(DateTimeOffset since) => _database.ReadAsync(
        "SELECT agent_id, kind, since, until, count, detail FROM findings WHERE since >= $1 ORDER BY since, agent_id, kind",
        static row => new Finding(row.GetString(0), row.GetString(1), TimeIn(row, 2), row.IsDBNull(3) ? null : TimeIn(row, 3), row.GetInt64(4), row.GetString(5)),
        [Value(since.UtcDateTime)]);

    public IAsyncEnumerable<StoredHost> ReadHostsAsync() => _database.ReadAsync(
        """
        SELECT heartbeats.agent_id, host, version, time, since, counters FROM heartbeats
        LEFT JOIN findings ON findings.agent_id = heartbeats.agent_id AND kind = 'host_silent' AND until IS NULL
        ORDER BY host, heartbeats.agent_id
        """,
        static row => new StoredHost(row.GetString(0), row.GetString(1), row.GetString(2), TimeIn(row, 3), row.IsDBNull(4) ? null : TimeIn(row, 4), row.GetString(5)),
        []);

    public IAsyncEnumerable<CollectorState> ReadCollectorsAsync() => _database.ReadAsync(
        "SELECT name, time, counters FROM collectors ORDER BY name",
        static row => new CollectorState(row.GetString(0), TimeIn(row, 1), row.GetString(2)),
        []);

    public IAsyncEnumerable<ForwarderState> ReadForwardersAsync() => _database.ReadAsync(
        """
        SELECT name, time, place, forwarded, refused, missed, (SELECT count(*) FROM alerts WHERE alerts.place > forwarders.place)
        FROM forwarders ORDER BY name
        """,
        static row => new ForwarderState(
            row.GetString(0), TimeIn(row, 1), new Progress(row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5)), row.GetInt64(6)),
        []);

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    private static DateTimeOffset TimeIn(NpgsqlDataReader row, int column) => row.GetFieldValue<DateTimeOffset>(column);
}
