using Microsoft.Data.Sqlite;

namespace Tallyman.Collector.Store.Sqlite;

internal sealed class SqliteOutbox : IOutbox
{
    private const int WouldBlock = 11; // EAGAIN of flock(2)

    private readonly SqliteConnection _connection;
    private readonly string _lockFile;
    private readonly string _name;
    private readonly DateTimeOffset _since;
    private readonly TimeProvider _time;
    private readonly SqliteStatement _load;
    private readonly SqliteStatement _read;
    private readonly SqliteStatement _save;
    private FileStream? _lock;

    private SqliteOutbox(SqliteConnection connection, string lockFile, string name, DateTimeOffset since, TimeProvider time)
    {
        (_connection, _lockFile, _name, _since, _time) = (connection, lockFile, name, since, time);
        _load = new SqliteStatement(connection, 3, """
            INSERT INTO forwarders
            VALUES (?1, ?2, CASE WHEN ?3 > 0 THEN (SELECT coalesce(max(place), 0) FROM alerts WHERE stored < ?3) ELSE 0 END, 0, 0, 0)
            ON CONFLICT DO UPDATE SET time = excluded.time
            RETURNING place, forwarded, refused, missed
            """);
        _read = new SqliteStatement(connection, 2, $"SELECT place, {SqliteFile.AlertColumns} FROM alerts WHERE place > ?1 ORDER BY place LIMIT ?2");
        _save = new SqliteStatement(connection, 5, """
            UPDATE forwarders SET time = ?2, place = ?3, forwarded = ?4, refused = ?5 WHERE name = ?1
            RETURNING place, forwarded, refused, missed
            """);
    }

    /// <param name="since">Where a new destination begins: with what was stored at this time or later.</param>
    /// <exception cref="StoreException">There is no store in this directory, or it cannot be used.</exception>
    public static SqliteOutbox Open(string directory, string name, DateTimeOffset since, TimeProvider time) =>
        new(SqliteFile.OpenStore(directory, SqliteOpenMode.ReadWrite), Path.Combine(directory, $"forward-{name}.lock"), name, since, time);

    public Task<bool> TryOwnAsync()
    {
        try
        {
            _lock ??= new FileStream(_lockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return Task.FromResult(true);
        }
        catch (IOException e) when (e.HResult == WouldBlock)
        {
            return Task.FromResult(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"{_lockFile} cannot be written: {e.Message}", e);
        }
    }

    public Task<Progress> LoadAsync() => DoAsync(() => ProgressOf(_load, _name, Now(), Microseconds.Of(_since)));

    public Task<IReadOnlyList<PlacedAlert>> ReadAsync(long after, CancellationToken cancel) => DoAsync<IReadOnlyList<PlacedAlert>>(() =>
    {
        using SqliteDataReader row = _read.Query(after, IOutbox.MostAlerts);
        var alerts = new List<PlacedAlert>();
        for (long bytes = 0; bytes < IOutbox.MostBytes && row.Read();)
        {
            alerts.Add(new PlacedAlert(row.GetInt64(0), SqliteFile.AlertIn(row, 1)));
            bytes += alerts[^1].Stored.Alert.CalculateSize();
        }

        return alerts;
    });

    public Task<Progress> SaveAsync(Progress progress) => DoAsync(() =>
        ProgressOf(_save, _name, Now(), progress.Place, progress.Forwarded, progress.Refused));

    public async ValueTask DisposeAsync()
    {
        Array.ForEach([_load, _read, _save], static statement => statement.Dispose());
        await _connection.DisposeAsync();
        if (_lock is not null)
        {
            await _lock.DisposeAsync();
        }
    }

    private static Progress ProgressOf(SqliteStatement statement, params ReadOnlySpan<object> values)
    {
        using SqliteDataReader row = statement.Query(values);
        row.Read();
        var progress = new Progress(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3));
        row.Read(); // to the end: only then is it committed
        return progress;
    }

    private long Now() => Microseconds.Of(_time.GetUtcNow());

    private Task<T> DoAsync<T>(Func<T> work)
    {
        try
        {
            return Task.FromResult(work());
        }
        catch (SqliteException e)
        {
            throw new StoreException($"{_connection.DataSource}: {e.Message}", e, SqliteFile.MayPass(e));
        }
    }
}
