using Microsoft.Data.Sqlite;

namespace Tallyman.Collector.Store.Sqlite;

internal sealed class SqliteReader : IStoreReader
{
    private readonly SqliteConnection _connection;

    private SqliteReader(SqliteConnection connection) => _connection = connection;

    /// <exception cref="StoreException">There is no store in this directory, or it cannot be read.</exception>
    public static SqliteReader Open(string directory) => new(SqliteFile.OpenStore(directory, SqliteOpenMode.ReadOnly));

    public IAsyncEnumerable<StoredAlert> ReadAlertsAsync(DateTimeOffset since) => ReadAsync(
        $"SELECT {SqliteFile.AlertColumns} FROM alerts WHERE time >= ?1 ORDER BY time, id",
        since,
        static row => SqliteFile.AlertIn(row, 0));

    public IAsyncEnumerable<StoredGap> ReadGapsAsync(DateTimeOffset since) => ReadAsync(
        "SELECT agent_id, sequence, reason, count, count_is_exact, first, last FROM gaps WHERE last >= ?1 ORDER BY first, agent_id, epoch, sequence",
        since,
        static row => new StoredGap(
            row.GetString(0),
            new GapRow((ulong)row.GetInt64(1), row.GetString(2), unchecked((ulong)row.GetInt64(3)), row.GetBoolean(4), TimeIn(row, 5), TimeIn(row, 6))));

    public IAsyncEnumerable<StoredTrail> ReadTrailAsync(DateTimeOffset since) => ReadAsync(
        "SELECT agent_id, sequence, time, what, detail FROM audit_trail WHERE time >= ?1 ORDER BY time, agent_id, epoch, sequence",
        since,
        static row => new StoredTrail(row.GetString(0), new TrailRow((ulong)row.GetInt64(1), TimeIn(row, 2), row.GetString(3), row.GetString(4))));

    public IAsyncEnumerable<Finding> ReadFindingsAsync(DateTimeOffset since) => ReadAsync(
        "SELECT agent_id, kind, since, until, count, detail FROM findings WHERE since >= ?1 ORDER BY since, agent_id, kind",
        since,
        static row => new Finding(row.GetString(0), row.GetString(1), TimeIn(row, 2), row.IsDBNull(3) ? null : TimeIn(row, 3), row.GetInt64(4), row.GetString(5)));

    public IAsyncEnumerable<StoredHost> ReadHostsAsync() => ReadAsync(
        """
        SELECT heartbeats.agent_id, host, version, time, since, counters FROM heartbeats
        LEFT JOIN findings ON findings.agent_id = heartbeats.agent_id AND kind = 'host_silent' AND until IS NULL
        WHERE time >= ?1 ORDER BY host, heartbeats.agent_id
        """,
        DateTimeOffset.UnixEpoch,
        static row => new StoredHost(row.GetString(0), row.GetString(1), row.GetString(2), TimeIn(row, 3), row.IsDBNull(4) ? null : TimeIn(row, 4), row.GetString(5)));

    public IAsyncEnumerable<CollectorState> ReadCollectorsAsync() => ReadAsync(
        "SELECT name, time, counters FROM collectors WHERE time >= ?1 ORDER BY name",
        DateTimeOffset.UnixEpoch,
        static row => new CollectorState(row.GetString(0), TimeIn(row, 1), row.GetString(2)));

    public IAsyncEnumerable<ForwarderState> ReadForwardersAsync() => ReadAsync(
        """
        SELECT name, time, place, forwarded, refused, missed, (SELECT count(*) FROM alerts WHERE alerts.place > forwarders.place)
        FROM forwarders WHERE time >= ?1 ORDER BY name
        """,
        DateTimeOffset.UnixEpoch,
        static row => new ForwarderState(
            row.GetString(0), TimeIn(row, 1), new Progress(row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5)), row.GetInt64(6)));

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static DateTimeOffset TimeIn(SqliteDataReader row, int column) => Microseconds.ToTime(row.GetInt64(column));

    private async IAsyncEnumerable<T> ReadAsync<T>(string query, DateTimeOffset since, Func<SqliteDataReader, T> read)
    {
        using var statement = new SqliteStatement(_connection, 1, query);
        await using SqliteDataReader rows = statement.Query(Microseconds.Of(since));
        while (await rows.ReadAsync())
        {
            yield return read(rows);
        }
    }
}
