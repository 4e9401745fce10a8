using System.Data;
using Npgsql;
using static Tallyman.Collector.Store.Postgres.PostgresCommands;

namespace Tallyman.Collector.Store.Postgres;

/// <summary>
/// One connection, which has the lock: whoever has lost it has lost the lock and can do nothing more. (A pool of connections
/// between here and the database must keep sessions.)
/// </summary>
internal sealed class PostgresOutbox : IOutbox
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(20);

    private readonly PostgresDatabase _database;
    private readonly string _name;
    private readonly DateTimeOffset _since;
    private readonly TimeProvider _time;
    private NpgsqlConnection? _connection;

    private PostgresOutbox(PostgresDatabase database, string name, DateTimeOffset since, TimeProvider time) =>
        (_database, _name, _since, _time) = (database, name, since, time);

    /// <param name="since">Where a new destination begins: with what was stored at this time or later.</param>
    /// <exception cref="StoreException">The database is not reached, or no collector has written to it.</exception>
    public static async Task<PostgresOutbox> OpenAsync(string connectionString, string name, DateTimeOffset since, TimeProvider time)
    {
        PostgresDatabase database = PostgresDatabase.Of(connectionString);
        await database.UseAsync(async connection =>
        {
            await PostgresSchema.CheckAsync(connection);
            return true;
        });
        return new PostgresOutbox(database, name, since, time);
    }

    public async Task<bool> TryOwnAsync()
    {
        await CloseAsync();
        _connection = await _database.ConnectAsync();
        return await DoAsync(connection => connection.ScalarAsync<bool>(
            "SELECT pg_try_advisory_lock(hashtextextended($1, 0))", Value($"tallyman forward {_name}")));
    }

    public Task<Progress> LoadAsync() => DoAsync(connection => ProgressAsync(
        connection,
        """
        INSERT INTO forwarders
        VALUES ($1, $2, (SELECT coalesce(max(place), 0) FROM alerts WHERE $3 > to_timestamp(0) AND stored < $3), 0, 0, 0)
        ON CONFLICT (name) DO UPDATE SET time = excluded.time
        RETURNING place, forwarded, refused, missed
        """,
        Value(_name),
        Value(_time.GetUtcNow().UtcDateTime),
        Value(_since.UtcDateTime)));

    public Task<IReadOnlyList<PlacedAlert>> ReadAsync(long after, CancellationToken cancel) => DoAsync<IReadOnlyList<PlacedAlert>>(async connection =>
        await connection.QueryAsync(
            $"""
            SELECT place, {PostgresDatabase.AlertColumns} FROM (
                SELECT *, sum(length(record)) OVER (ORDER BY place) - length(record) AS bytes_before FROM (
                    SELECT place, {PostgresDatabase.AlertColumns} FROM alerts WHERE place > $1 AND place <= $2 ORDER BY place LIMIT {IOutbox.MostAlerts}
                ) AS next
            ) AS sized
            WHERE bytes_before < {IOutbox.MostBytes} ORDER BY place
            """,
            static row => new PlacedAlert(row.GetInt64(0), PostgresDatabase.AlertIn(row, 1)),
            Value(after),
            Value(await CompleteUpToAsync(connection, cancel))));

    public Task<Progress> SaveAsync(Progress progress) => DoAsync(connection => ProgressAsync(
        connection,
        """
        UPDATE forwarders SET time = $2, place = $3, forwarded = $4, refused = $5 WHERE name = $1
        RETURNING place, forwarded, refused, missed
        """,
        Value(_name),
        Value(_time.GetUtcNow().UtcDateTime),
        Value(progress.Place),
        Value(progress.Forwarded),
        Value(progress.Refused)));

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await _database.DisposeAsync();
    }

    /// <summary>
    /// Places are drawn before they are committed, and not committed in order. Whoever has drawn one holds a lock on the table until its
    /// transaction ends: when all who hold one now have ended, every place drawn before is there, or never will be.
    /// </summary>
    private async Task<long> CompleteUpToAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        long drawn = await connection.ScalarAsync<long>("SELECT last_value FROM alerts_place");
        HashSet<string> writing = [.. await WritingAsync(connection)];
        while (writing.Count > 0)
        {
            await Task.Delay(LookAgain, _time, cancel);
            writing.IntersectWith(await WritingAsync(connection));
        }

        return drawn;
    }

    private static Task<List<string>> WritingAsync(NpgsqlConnection connection) => connection.QueryAsync(
        """
        SELECT virtualtransaction FROM pg_locks JOIN pg_database ON pg_database.oid = database
        WHERE datname = current_database() AND relation = 'alerts'::regclass AND mode = 'RowExclusiveLock'
        """,
        static row => row.GetString(0));

    private static async Task<Progress> ProgressAsync(NpgsqlConnection connection, string statement, params NpgsqlParameter[] parameters) =>
        (await connection.QueryAsync(
            statement, static row => new Progress(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)), parameters)).Single();

    private async Task CloseAsync()
    {
        if (_connection is null)
        {
            return;
        }

        try
        {
            if (_connection.State == ConnectionState.Open)
            {
                await DoAsync(static connection => connection.ExecuteAsync("SELECT pg_advisory_unlock_all()")); // the session lives on in the pool
            }
        }
        catch (StoreException)
        {
            // the session has ended, and its lock with it
        }

        await _connection.DisposeAsync();
        _connection = null;
    }

    private Task<T> DoAsync<T>(Func<NpgsqlConnection, Task<T>> work) => _database.UseAsync(_connection!, work);
}
