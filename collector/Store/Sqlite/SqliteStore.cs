using Microsoft.Data.Sqlite;

namespace Tallyman.Collector.Store.Sqlite;

/// <summary>Everything in one file, for one collector. One connection writes, one transaction at a time.</summary>
internal sealed class SqliteStore : IStore
{
    /// <summary>So many rows are taken away at once, so that those who write wait for milliseconds only.</summary>
    private const int TakenAwayAtOnce = 1000;

    private readonly SqliteConnection _connection;
    private readonly TimeProvider _time;
    private readonly TimeSpan _keep;
    private readonly SqliteStatements _statements;
    private readonly SemaphoreSlim _turn = new(1);

    private SqliteStore(SqliteConnection connection, string file, TimeProvider time, TimeSpan keep)
    {
        _connection = connection;
        _time = time;
        _keep = keep;
        _statements = new SqliteStatements(connection);
        Name = file;
    }

    public string Name { get; }

    public int Writers => 1;

    /// <exception cref="StoreException">The directory or the file cannot be used; the message says why.</exception>
    /// <exception cref="Tallyman.Cli.UserException">This user may not.</exception>
    public static SqliteStore Open(string directory, TimeProvider time, TimeSpan keep)
    {
        string file = SqliteFile.In(directory);
        try
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            SqliteConnection connection = SqliteFile.Connect(file, SqliteOpenMode.ReadWriteCreate);
            // FULL: an acknowledgement is a promise, and with less the last commits may be gone after a power cut.
            using var settings = new SqliteCommand("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;", connection);
            settings.ExecuteNonQuery();
            SqliteSchema.Ensure(connection, file);
            return new SqliteStore(connection, file, time, keep);
        }
        catch (Exception e) when (SqliteFile.IsNotAllowed(e))
        {
            throw SqliteFile.NotAllowed(file);
        }
        catch (Exception e) when (e is SqliteException or IOException)
        {
            throw new StoreException($"{file} cannot be opened: {e.Message}", e);
        }
    }

    public Task<IReadOnlyList<Claimed>> ClaimAsync(IReadOnlyList<Claim> claims) => InTransactionAsync<IReadOnlyList<Claimed>>(() =>
        [.. claims.Select(claim =>
        {
            using SqliteDataReader row = _statements.Claim.Query(claim.AgentId, unchecked((long)claim.Epoch), Microseconds.Of(_time.GetUtcNow()));
            row.Read();
            return new Claimed(row.GetInt64(0), (ulong)row.GetInt64(1));
        })]);

    public Task<IReadOnlyList<bool>> StoreAsync(IReadOnlyList<AgentBatch> batches) => InTransactionAsync<IReadOnlyList<bool>>(() =>
        [.. batches.Select(Store)]);

    public Task<IReadOnlyList<bool>> SaveHostsAsync(IReadOnlyList<HostState> hosts) => InTransactionAsync<IReadOnlyList<bool>>(() =>
    {
        bool[] newest =
        [
            .. hosts.Select(host => _statements.SaveHost.Execute(
                host.Stream.AgentId, host.Host, host.Version, Microseconds.Of(host.Seen), host.Counters, host.Stream.Generation) == 1),
        ];
        _statements.EndSilence.Execute();
        return newest;
    });

    public Task<IReadOnlyList<string>> FindSilentAsync(IReadOnlyList<HostState> silent, DateTimeOffset othersBefore) =>
        InTransactionAsync<IReadOnlyList<string>>(() =>
        {
            var found = new List<string>();
            foreach (HostState host in silent)
            {
                if (_statements.FindSilent.Execute(host.Stream.AgentId, Microseconds.Of(host.Seen), host.Stream.Generation) == 1)
                {
                    found.Add(host.Stream.AgentId);
                }
            }

            using SqliteDataReader others = _statements.FindOthersSilent.Query(Microseconds.Of(othersBefore));
            while (others.Read())
            {
                found.Add(others.GetString(0));
            }

            return found;
        });

    public Task SaveFindingsAsync(IReadOnlyList<Finding> findings) => InTransactionAsync(() => findings.Sum(finding => _statements.SaveFinding.Execute(
        finding.AgentId,
        finding.Kind,
        Microseconds.Of(finding.Since),
        finding.Until is DateTimeOffset until ? Microseconds.Of(until) : DBNull.Value,
        finding.Count,
        finding.Detail)));

    public Task SaveCollectorAsync(CollectorState collector) => InTransactionAsync(() =>
        _statements.SaveCollector.Execute(collector.Name, Microseconds.Of(collector.Seen), collector.Counters));

    public Task<bool> MaintainAsync() => InTransactionAsync(() =>
    {
        long before = Microseconds.Of(_time.GetUtcNow() - _keep);
        _statements.CountMissed.Execute(before, TakenAwayAtOnce);
        return _statements.TakeAway.Max(statement => statement.Execute(before, TakenAwayAtOnce)) == TakenAwayAtOnce;
    });

    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        _statements.Dispose();
        await _connection.DisposeAsync();
        _turn.Dispose();
    }

    private bool Store(AgentBatch batch)
    {
        (string agent, ulong epoch, long generation) = batch.Stream;
        long signedEpoch = unchecked((long)epoch);
        if (_statements.Advance.Execute(agent, generation, (long)batch.NextSequence) == 0)
        {
            return false;
        }

        long now = Microseconds.Of(_time.GetUtcNow());
        foreach (AlertRow alert in batch.Alerts)
        {
            _statements.InsertAlert.Execute(
                alert.Id, agent, signedEpoch, (long)alert.Sequence, Microseconds.Of(alert.Time), now, alert.Host, alert.Tool, alert.Severity, alert.RiskScore, alert.SuspicionScore, alert.Message);
        }

        foreach (GapRow gap in batch.Gaps)
        {
            _statements.InsertGap.Execute(
                agent, signedEpoch, (long)gap.Sequence, gap.Reason, unchecked((long)gap.Count), gap.CountIsExact, Microseconds.Of(gap.First), Microseconds.Of(gap.Last), now);
        }

        foreach (TrailRow entry in batch.Trail)
        {
            _statements.InsertTrail.Execute(agent, signedEpoch, (long)entry.Sequence, Microseconds.Of(entry.Time), entry.What, entry.Detail, now);
        }

        return true;
    }

    private async Task<T> InTransactionAsync<T>(Func<T> action)
    {
        await _turn.WaitAsync();
        try
        {
            _statements.Begin.Execute();
            T result = action();
            _statements.Commit.Execute();
            return result;
        }
        catch (SqliteException e)
        {
            Rollback();
            throw new StoreException($"{Name}: {e.Message}", e, SqliteFile.MayPass(e), SqliteFile.IsOfTheData(e));
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>SQLite has rolled back by itself where it could not write.</summary>
    private void Rollback()
    {
        try
        {
            _statements.Rollback.Execute();
        }
        catch (SqliteException)
        {
            // no transaction is open any more
        }
    }
}
