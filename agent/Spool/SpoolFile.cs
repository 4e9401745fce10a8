using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Tallyman.Agent.Spool;

/// <summary>What is in the file is not what this program has written.</summary>
internal sealed class SpoolCorruptException(string message) : Exception(message);

/// <summary>Records of one rank that wait for a collector.</summary>
internal readonly record struct RankTotal(long Records, long Bytes);

/// <summary>
/// The spool on disk: an SQLite file in WAL mode with synchronous=FULL, so that what is committed survives a power cut. One
/// thread uses it.
/// </summary>
internal sealed class SpoolFile : IDisposable
{
    public const long PageSize = 16 * 1024;
    private const long JournalBytes = 4 * 1024 * 1024;
    private const int MostDeadLetters = 64;
    private const int DeadLetterShare = 16;

    private readonly SqliteConnection _connection;
    private readonly RankTotal[] _totals = new RankTotal[(int)Rank.Evicted + 1];

    private SpoolFile(SqliteConnection connection, long pages)
    {
        _connection = connection;
        MostPages = pages;
    }

    public SpoolState State { get; private set; } = null!;

    /// <summary>It was made a moment ago.</summary>
    public bool IsNew { get; private init; }

    /// <summary>The place of the first record that is still here, acknowledged or not.</summary>
    public ulong First { get; private set; }

    public long MostPages { get; }

    /// <summary>Pages of the file that are in use.</summary>
    public long Pages => _connection.Number("PRAGMA page_count") - _connection.Number("PRAGMA freelist_count");

    /// <summary>Records that wait, by rank.</summary>
    public IReadOnlyList<RankTotal> Totals => _totals;

    /// <summary>The first record that waits: its place, 0 for none, and its time.</summary>
    public (ulong Place, DateTimeOffset? Time) FirstWaiting { get; private set; }

    /// <summary>Bytes of the records that are acknowledged and still here.</summary>
    public long KeptBytes { get; private set; }

    /// <exception cref="SqliteException">The disk fails.</exception>
    public static void Create(string path, DateTimeOffset now)
    {
        using var file = new SpoolFile(SqliteQueries.Open(path, SqliteOpenMode.ReadWrite), 0);
        // A page holds several alerts, and each gap of a page is smaller. The size of pages is only heeded where there are none.
        file._connection.Execute(string.Create(CultureInfo.InvariantCulture, $"""
            PRAGMA page_size = {PageSize};
            PRAGMA auto_vacuum = INCREMENTAL;
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            """));
        file.State = SpoolState.New(now);
        file.Commit(() =>
        {
            file._connection.Execute($"{SpoolSchema.Create} PRAGMA user_version = {SpoolSchema.Version};");
            file.Write(file.State);
        });
    }

    /// <exception cref="SpoolCorruptException">It is none, or not as it was written.</exception>
    /// <exception cref="SqliteException">It cannot be opened, or the disk fails.</exception>
    public static SpoolFile Open(string path, long size, bool isNew = false)
    {
        var file = new SpoolFile(SqliteQueries.Open(path, SqliteOpenMode.ReadWrite), size / PageSize) { IsNew = isNew };
        try
        {
            file.Prepare();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose() => _connection.Dispose();

    /// <summary>All of it or nothing; on disk when this returns.</summary>
    public void Commit(Action changes)
    {
        (SpoolState state, RankTotal[] totals, ulong first, long kept, var waiting) = (State, [.. _totals], First, KeptBytes, FirstWaiting);
        _connection.Execute("BEGIN IMMEDIATE");
        try
        {
            changes();
            if (State != state)
            {
                Write(State);
            }

            FindFirstWaiting();
            _connection.Execute("COMMIT");
        }
        catch
        {
            (State, First, KeptBytes, FirstWaiting) = (state, first, kept, waiting);
            totals.CopyTo(_totals, 0);
            if (SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle) == 0)
            {
                _connection.Execute("ROLLBACK"); // SQLite does it by itself for some failures
            }

            throw;
        }
    }

    public void Append(SpooledRecord record)
    {
        _connection.Execute("INSERT INTO records VALUES (?1, ?2, ?3, ?4)", record.Place, (long)record.Rank, record.Digest(), record.Bytes);
        Count(record.Rank, 1, record.Cost);
        Save(State with { Next = Math.Max(State.Next, record.Place + 1) });
    }

    /// <summary>Puts another in the place of a record that waits.</summary>
    public void Replace(SpooledRecord old, SpooledRecord record)
    {
        Remove(old);
        _connection.Execute("INSERT INTO records VALUES (?1, ?2, ?3, ?4)", record.Place, (long)record.Rank, record.Digest(), record.Bytes);
        Count(record.Rank, 1, record.Cost);
    }

    public void Remove(SpooledRecord record)
    {
        _connection.Execute("DELETE FROM records WHERE place = ?1", record.Place);
        Count(record.Rank, -1, -record.Cost);
    }

    /// <summary>A collector has stored everything up to this place. The records stay for a while, should it lose them again.</summary>
    /// <returns>How many records that were, and how many of them alerts.</returns>
    public (long Records, long Alerts, long Bytes) Acknowledge(ulong place)
    {
        (long records, long alerts, long bytes) = (0, 0, 0);
        foreach ((Rank rank, RankTotal total) in place > State.Acknowledged ? TotalsBetween(State.Acknowledged, place) : [])
        {
            Count(rank, -total.Records, -total.Bytes);
            records += total.Records;
            alerts += rank < Rank.Own ? total.Records : 0;
            bytes += total.Bytes;
        }

        KeptBytes += bytes;
        Save(State with { Acknowledged = place, Next = Math.Max(State.Next, place + 1) });
        return (records, alerts, bytes);
    }

    /// <summary>Forgets acknowledged records up to a place.</summary>
    public void Forget(ulong place, long bytes)
    {
        _connection.Execute("DELETE FROM records WHERE place <= ?1", place);
        KeptBytes = Math.Max(0, KeptBytes - bytes);
        First = Math.Max(First, place + 1);
    }

    /// <summary>Is written with the commit.</summary>
    public void Save(SpoolState state) => State = state;

    /// <summary>A record that a collector will never take. It keeps its place in the sequence until that is acknowledged.</summary>
    /// <returns>What it was; null if that is known already.</returns>
    public Rank? Bury(ulong place, string reason)
    {
        ulong sequence = State.SequenceOf(place);
        if (_connection.Number("SELECT count(*) FROM dead_letters WHERE epoch = ?1 AND sequence = ?2", State.Epoch, sequence) > 0)
        {
            return null;
        }

        SpooledRecord? refused = Read(place - 1, 1, 0).Find(record => record.Place == place);
        if (refused is not null)
        {
            _connection.Execute("INSERT INTO dead_letters VALUES (?1, ?2, ?3, ?4)", State.Epoch, sequence, reason, refused.Bytes);
            Replace(refused, refused with { Rank = (Rank)Math.Max((int)refused.Rank, (int)Rank.Own) }); // no alert any more when its place is acknowledged
        }

        _connection.Execute("DELETE FROM dead_letters WHERE rowid <= (SELECT max(rowid) FROM dead_letters) - ?1", (long)MostDeadLetters);
        _connection.Execute(
            "DELETE FROM dead_letters WHERE rowid <= (SELECT max(rowid) FROM (SELECT rowid, sum(length(record)) OVER (ORDER BY rowid DESC) AS bytes FROM dead_letters) WHERE bytes > ?1)",
            MostPages * PageSize / DeadLetterShare);
        return refused?.Rank;
    }

    /// <summary>Records behind a place, oldest first, those of which too much is asked for left out; at least one if there is any.</summary>
    public List<SpooledRecord> Read(ulong after, int mostRecords, long mostBytes) => Read(_connection, after, mostRecords, mostBytes);

    public static List<SpooledRecord> Read(SqliteConnection connection, ulong after, int mostRecords, long mostBytes)
    {
        var records = new List<SpooledRecord>();
        long bytes = 0;
        foreach ((ulong place, long length) in connection.Rows(
            static row => (row.GetUInt64(0), row.GetInt64(1)), "SELECT place, length(record) FROM records WHERE place > ?1 ORDER BY place LIMIT ?2", after, (long)mostRecords))
        {
            bytes += length;
            if (bytes > mostBytes && records.Count > 0)
            {
                break;
            }

            records.AddRange(connection.Rows(RecordOf, "SELECT place, rank, digest, record FROM records WHERE place = ?1", place));
        }

        return records;
    }

    /// <summary>The nearest record before a place.</summary>
    public SpooledRecord? Before(ulong place) =>
        _connection.Rows(RecordOf, "SELECT place, rank, digest, record FROM records WHERE place < ?1 ORDER BY place DESC LIMIT 1", place).FirstOrDefault();

    /// <summary>The first records of this rank behind a place.</summary>
    public List<SpooledRecord> Oldest(Rank rank, ulong after, int most) =>
        _connection.Rows(RecordOf, "SELECT place, rank, digest, record FROM records WHERE place > ?1 AND rank = ?2 ORDER BY place LIMIT ?3", after, (long)rank, (long)most);

    private static SpooledRecord RecordOf(SqliteDataReader row)
    {
        var record = new SpooledRecord(row.GetUInt64(0), (Rank)row.GetInt64(1), row.GetBytes(3));
        return record.Digest().AsSpan().SequenceEqual(row.GetBytes(2)) ? record : record with { IsSound = false };
    }

    private void Prepare()
    {
        try
        {
            _connection.Execute(string.Create(CultureInfo.InvariantCulture, $"""
                PRAGMA trusted_schema = OFF;
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = FULL;
                PRAGMA wal_autocheckpoint = {JournalBytes / PageSize};
                PRAGMA journal_size_limit = {JournalBytes};
                PRAGMA max_page_count = {MostPages};
                """));
            State = SpoolSchema.Check(_connection);
            Load();
            _connection.Execute("PRAGMA incremental_vacuum"); // where the spool was larger once
        }
        catch (Exception e) when (e is not SpoolCorruptException && !DiskFailure.Is(e))
        {
            throw new SpoolCorruptException(e.Message);
        }
    }

    private void Write(SpoolState state) => _connection.Execute(
        "INSERT OR REPLACE INTO state VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        state.Epoch, state.Origin, state.Acknowledged, state.Sent, state.Next, state.Alive.ToUnixTimeMilliseconds(), state.Clean ? 1L : 0L, state.Size, state.Digest());

    private void Load()
    {
        if (_connection.Number("SELECT max(place) FROM records") is long last && ((ulong)last >= State.Next || last < 0))
        {
            throw new SpoolCorruptException($"record {last} is behind the last, {State.Next - 1}");
        }

        foreach ((Rank rank, RankTotal total) in TotalsBetween(State.Acknowledged, long.MaxValue))
        {
            Count(rank, total.Records, total.Bytes);
        }

        First = _connection.Number("SELECT min(place) FROM records") is long first and > 0 ? (ulong)first : State.Acknowledged + 1;
        First = Math.Min(First, State.Acknowledged + 1);
        KeptBytes = TotalsBetween(0, State.Acknowledged).Sum(static total => total.Total.Bytes);
        FindFirstWaiting();
    }

    /// <summary>Reads the record only where it is another one than before.</summary>
    private void FindFirstWaiting()
    {
        ulong place = (ulong)_connection.Number("SELECT min(place) FROM records WHERE place > ?1", State.Acknowledged);
        if (place != FirstWaiting.Place)
        {
            FirstWaiting = (place, place == 0 ? null : Read(place - 1, 1, 0)[0].Time);
        }
    }

    private List<(Rank Rank, RankTotal Total)> TotalsBetween(ulong after, ulong upTo)
    {
        List<(Rank Rank, RankTotal Total)> totals = _connection.Rows(
            static row => ((Rank)row.GetInt64(0), new RankTotal(row.GetInt64(1), row.GetInt64(2) + (row.GetInt64(1) * SpooledRecord.Overhead))),
            "SELECT rank, count(*), sum(length(record)) FROM records WHERE place > ?1 AND place <= ?2 GROUP BY rank", after, upTo);
        return totals.TrueForAll(static total => Enum.IsDefined(total.Rank)) ? totals : throw new SpoolCorruptException("it has records of an unknown rank");
    }

    private void Count(Rank rank, long records, long bytes) =>
        _totals[(int)rank] = new RankTotal(_totals[(int)rank].Records + records, _totals[(int)rank].Bytes + bytes);
}
