using Microsoft.Data.Sqlite;

namespace Tallyman.Agent.Spool;

/// <summary>A directory's spool for people to look at, beside an agent that uses it. Nothing in it is changed.</summary>
internal sealed class SpoolView : IDisposable
{
    private const int AtOnce = 256;
    private const long BytesAtOnce = 4 * 1024 * 1024;

    private readonly SqliteConnection _connection;
    private readonly string _directory;

    private SpoolView(SqliteConnection connection, string directory)
    {
        _connection = connection;
        _directory = directory;
        State = SpoolSchema.Check(connection);
    }

    public SpoolState State { get; }

    /// <exception cref="FileNotFoundException">There is no spool.</exception>
    /// <exception cref="UnauthorizedAccessException">Who asks may not see it.</exception>
    /// <exception cref="SpoolCorruptException">It is not as it was written.</exception>
    /// <exception cref="SqliteException">It cannot be read.</exception>
    public static SpoolView Open(string directory)
    {
        string file = Path.Combine(directory, SpoolDirectory.FileName);
        try
        {
            File.GetAttributes(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FileNotFoundException($"{file} does not exist: has an agent run with --state {directory}?");
        }

        SqliteConnection connection = SqliteQueries.Open(file, SqliteOpenMode.ReadOnly);
        try
        {
            return new SpoolView(connection, directory);
        }
        catch (Exception e)
        {
            connection.Dispose();
            throw e is SpoolCorruptException || DiskFailure.Is(e) ? e : new SpoolCorruptException(e.Message);
        }
    }

    public void Dispose() => _connection.Dispose();

    /// <summary>Bytes of the file and of its journal.</summary>
    public long FileBytes => new DirectoryInfo(_directory).EnumerateFiles(SpoolDirectory.FileName + "*").Sum(static file => file.Length);

    public long Refused => _connection.Number("SELECT count(*) FROM dead_letters");

    /// <summary>What waits, by rank.</summary>
    public List<(Rank Rank, RankTotal Total)> Waiting() => _connection.Rows(
        static row => ((Rank)row.GetInt64(0), new RankTotal(row.GetInt64(1), row.GetInt64(2))),
        "SELECT rank, count(*), sum(length(record)) FROM records WHERE place > ?1 GROUP BY rank ORDER BY rank",
        State.Acknowledged);

    /// <summary>Records that wait, oldest first. Not all in one look, so that an agent beside it can go on.</summary>
    public IEnumerable<SpooledRecord> Records()
    {
        ulong after = State.Acknowledged;
        while (SpoolFile.Read(_connection, after, AtOnce, BytesAtOnce) is { Count: > 0 } records)
        {
            foreach (SpooledRecord record in records)
            {
                yield return record;
            }

            after = records[^1].Place;
        }
    }

    /// <summary>What is wrong with the records that wait.</summary>
    public IEnumerable<string> Flaws()
    {
        ulong next = State.Acknowledged + 1;
        foreach (SpooledRecord record in Records().TakeWhile(record => record.Place < State.Next))
        {
            if (record.Place > next && record.Rank != Rank.Evicted)
            {
                yield return $"records {State.SequenceOf(next)} to {State.SequenceOf(record.Place) - 1} are missing, and no gap tells of them";
            }

            if (record.Parse() is null)
            {
                yield return $"record {State.SequenceOf(record.Place)} is not as it was written";
            }

            next = record.Place + 1;
        }
    }

    /// <summary>What was moved aside because it was no spool: how many times, and bytes of it.</summary>
    public (int Count, long Bytes) Quarantined()
    {
        var quarantine = new DirectoryInfo(Path.Combine(_directory, SpoolDirectory.QuarantineName));
        return quarantine.Exists
            ? (quarantine.EnumerateDirectories().Count(), quarantine.EnumerateFiles("*", SearchOption.AllDirectories).Sum(static file => file.Length))
            : (0, 0);
    }
}
