using System.Text.Json;
using System.Threading.Channels;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Data.Sqlite;
using Tallyman.V1;

namespace Tallyman.Collector.Store;

/// <summary>
/// The records of all agents in one SQLite file. One loop owns the only connection that writes and commits whatever has
/// gathered meanwhile as one transaction; a batch is stored when its task completes, not before.
/// </summary>
internal sealed class SqliteStore : IAsyncDisposable
{
    private const int WorkWaiting = 256;

    private readonly SqliteConnection _connection;
    private readonly TimeProvider _time;
    private readonly Channel<Work> _work = Channel.CreateBounded<Work>(WorkWaiting);
    private readonly Task _writing;

    private SqliteStore(SqliteConnection connection, TimeProvider time)
    {
        _connection = connection;
        _time = time;
        _writing = Task.Run(WriteAllAsync);
    }

    /// <exception cref="StoreException">The directory or the file cannot be used; the message says why.</exception>
    public static SqliteStore Open(string directory, TimeProvider time)
    {
        string file = FileIn(directory);
        try
        {
            Directory.CreateDirectory(directory);
            SqliteConnection connection = Connect(file, SqliteOpenMode.ReadWriteCreate);
            // FULL: an acknowledgement is a promise, and with less the last commits may be gone after a power cut.
            Execute(connection, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
            CreateOrCheck(connection, file);
            return new SqliteStore(connection, time);
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"{file} cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>Where the agent goes on: the sequence after the last one stored, 0 if nothing of this epoch is.</summary>
    public Task<ulong> NextSequenceAsync(string agentId, ulong epoch) => DoAsync(() =>
    {
        using SqliteCommand select = Command("SELECT next_sequence FROM agents WHERE agent_id = $agent AND epoch = $epoch");
        select.Parameters.AddWithValue("$agent", agentId);
        select.Parameters.AddWithValue("$epoch", unchecked((long)epoch));
        return select.ExecuteScalar() is long next ? (ulong)next : 0;
    });

    /// <summary>Completes when all records of the batch are durable. Those that are stored already stay as they are.</summary>
    public Task StoreAsync(AgentBatch batch) => DoAsync(() =>
    {
        for (int i = 0; i < batch.Records.Count; i++)
        {
            Insert(batch, batch.FirstSequence + (ulong)i, batch.Records[i]);
        }

        using SqliteCommand advance = Command("""
            INSERT INTO agents VALUES ($agent, $epoch, $next)
            ON CONFLICT DO UPDATE SET next_sequence = max(next_sequence, excluded.next_sequence)
            """);
        advance.Parameters.AddWithValue("$agent", batch.AgentId);
        advance.Parameters.AddWithValue("$epoch", unchecked((long)batch.Epoch));
        advance.Parameters.AddWithValue("$next", (long)batch.NextSequence);
        return advance.ExecuteNonQuery();
    });

    public Task StoreHeartbeatAsync(string agentId, string host, string version, Heartbeat heartbeat) => DoAsync(() =>
    {
        using SqliteCommand upsert = Command("""
            INSERT INTO heartbeats VALUES ($agent, $host, $version, $time, $counters)
            ON CONFLICT DO UPDATE SET host = excluded.host, version = excluded.version, time = excluded.time, counters = excluded.counters
            """);
        upsert.Parameters.AddWithValue("$agent", agentId);
        upsert.Parameters.AddWithValue("$host", host);
        upsert.Parameters.AddWithValue("$version", version);
        upsert.Parameters.AddWithValue("$time", Microseconds(_time.GetUtcNow()));
        upsert.Parameters.AddWithValue("$counters", CountersJson(heartbeat));
        return upsert.ExecuteNonQuery();
    });

    /// <summary>What is stored, oldest first. Runs beside a collector that is writing.</summary>
    /// <exception cref="StoreException">There is no store in this directory, or it cannot be read.</exception>
    public static IEnumerable<StoredAlert> ReadAlerts(string directory, DateTimeOffset since)
    {
        string file = FileIn(directory);
        if (!File.Exists(file))
        {
            throw new StoreException($"{file} does not exist: has a collector run with --data {directory}?");
        }

        using SqliteConnection connection = OpenForReading(file);
        using SqliteCommand select = connection.CreateCommand();
        select.CommandText = "SELECT sequence, record FROM alerts WHERE time >= $since ORDER BY time, id";
        select.Parameters.AddWithValue("$since", Microseconds(since));
        using SqliteDataReader rows = select.ExecuteReader();
        while (rows.Read())
        {
            yield return new StoredAlert((ulong)rows.GetInt64(0), Alert.Parser.ParseFrom(rows.GetFieldValue<byte[]>(1)));
        }
    }

    public async ValueTask DisposeAsync()
    {
        _work.Writer.TryComplete();
        await _writing;
        await _connection.DisposeAsync();
    }

    private static string FileIn(string directory) => Path.Combine(directory, "tallyman.db");

    private static SqliteConnection Connect(string file, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = mode, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    private static SqliteConnection OpenForReading(string file)
    {
        try
        {
            SqliteConnection connection = Connect(file, SqliteOpenMode.ReadOnly);
            Execute(connection, "SELECT count(*) FROM sqlite_schema");
            return connection;
        }
        catch (SqliteException e)
        {
            throw new StoreException($"{file} cannot be read: {e.Message}", e);
        }
    }

    private static void CreateOrCheck(SqliteConnection connection, string file)
    {
        using SqliteCommand ask = connection.CreateCommand();
        ask.CommandText = "PRAGMA user_version";
        long version = (long)ask.ExecuteScalar()!;
        if (version == 0)
        {
            using SqliteTransaction creation = connection.BeginTransaction();
            Execute(connection, $"{SqliteSchema.Create} PRAGMA user_version = {SqliteSchema.Version};");
            creation.Commit();
        }
        else if (version != SqliteSchema.Version)
        {
            throw new StoreException($"{file} has schema {version}, this collector knows {SqliteSchema.Version}: use the collector that wrote it, or another --data directory");
        }
    }

    private void Insert(AgentBatch batch, ulong sequence, Record record)
    {
        switch (record.RecordCase)
        {
            case Record.RecordOneofCase.Alert:
                InsertAlert(batch, sequence, record.Alert);
                break;
            case Record.RecordOneofCase.Gap:
                InsertGap(batch, sequence, record.Gap);
                break;
            case Record.RecordOneofCase.Trail:
                InsertTrail(batch, sequence, record.Trail);
                break;
        }
    }

    private void InsertAlert(AgentBatch batch, ulong sequence, Alert alert)
    {
        using SqliteCommand insert = Command("""
            INSERT INTO alerts VALUES ($id, $agent, $epoch, $sequence, $time, $stored, $host, $tool, $severity, $risk, $suspicion, $record)
            ON CONFLICT DO NOTHING
            """);
        insert.Parameters.AddWithValue("$id", alert.Id);
        AddPlace(insert, batch, sequence);
        insert.Parameters.AddWithValue("$time", Microseconds(alert.Time));
        insert.Parameters.AddWithValue("$stored", Microseconds(_time.GetUtcNow()));
        insert.Parameters.AddWithValue("$host", alert.Host?.Name ?? "");
        insert.Parameters.AddWithValue("$tool", alert.CommandLine?.Tool ?? "");
        insert.Parameters.AddWithValue("$severity", (int)(alert.Scores?.Severity ?? Severity.Unspecified));
        insert.Parameters.AddWithValue("$risk", alert.Scores?.RiskScore ?? 0);
        insert.Parameters.AddWithValue("$suspicion", alert.Scores?.SuspicionScore ?? 0);
        insert.Parameters.AddWithValue("$record", alert.ToByteArray());
        insert.ExecuteNonQuery();
    }

    private void InsertGap(AgentBatch batch, ulong sequence, GapRecord gap)
    {
        using SqliteCommand insert = Command("INSERT INTO gaps VALUES ($agent, $epoch, $sequence, $reason, $count, $exact, $first, $last) ON CONFLICT DO NOTHING");
        AddPlace(insert, batch, sequence);
        insert.Parameters.AddWithValue("$reason", gap.Reason);
        insert.Parameters.AddWithValue("$count", unchecked((long)gap.Count));
        insert.Parameters.AddWithValue("$exact", gap.CountIsExact);
        insert.Parameters.AddWithValue("$first", Microseconds(gap.First));
        insert.Parameters.AddWithValue("$last", Microseconds(gap.Last));
        insert.ExecuteNonQuery();
    }

    private void InsertTrail(AgentBatch batch, ulong sequence, AuditTrail trail)
    {
        using SqliteCommand insert = Command("INSERT INTO audit_trail VALUES ($agent, $epoch, $sequence, $time, $what, $detail) ON CONFLICT DO NOTHING");
        AddPlace(insert, batch, sequence);
        insert.Parameters.AddWithValue("$time", Microseconds(trail.Time));
        insert.Parameters.AddWithValue("$what", trail.What);
        insert.Parameters.AddWithValue("$detail", trail.Detail);
        insert.ExecuteNonQuery();
    }

    private static void AddPlace(SqliteCommand insert, AgentBatch batch, ulong sequence)
    {
        insert.Parameters.AddWithValue("$agent", batch.AgentId);
        insert.Parameters.AddWithValue("$epoch", unchecked((long)batch.Epoch));
        insert.Parameters.AddWithValue("$sequence", (long)sequence);
    }

    private SqliteCommand Command(string text)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = text;
        return command;
    }

    private static void Execute(SqliteConnection connection, string text)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    private static string CountersJson(Heartbeat heartbeat)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach ((string name, ulong count) in heartbeat.Counters.OrderBy(counter => counter.Key, StringComparer.Ordinal))
            {
                json.WriteNumber(name, count);
            }

            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static long Microseconds(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    private static long Microseconds(Timestamp? time) => time is null ? 0 : (time.Seconds * 1_000_000) + (time.Nanos / 1000);

    private async Task<T> DoAsync<T>(Func<T> action)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        T result = default!;
        await _work.Writer.WriteAsync(new Work(() => result = action(), () => done.SetResult(result), done.SetException));
        return await done.Task;
    }

    private async Task WriteAllAsync()
    {
        var together = new List<Work>();
        while (await _work.Reader.WaitToReadAsync())
        {
            together.Clear();
            while (together.Count < WorkWaiting && _work.Reader.TryRead(out Work? work))
            {
                together.Add(work);
            }

            try
            {
                using SqliteTransaction transaction = _connection.BeginTransaction();
                together.ForEach(static work => work.Do());
                transaction.Commit();
            }
            catch (Exception e)
            {
                var failure = new StoreException($"nothing is stored: {e.Message}", e);
                together.ForEach(work => work.Failed(failure));
                continue;
            }

            together.ForEach(static work => work.Committed());
        }
    }

    private sealed record Work(Action Do, Action Committed, Action<Exception> Failed);
}
