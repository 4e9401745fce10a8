using Npgsql;
using static Tallyman.Collector.Store.Postgres.PostgresCommands;

namespace Tallyman.Collector.Store.Postgres;

/// <summary>Everything in one database, for any number of collectors side by side.</summary>
internal sealed class PostgresStore : IStore
{
    /// <summary>What goes with the days; the alerts of other days go with their partitions.</summary>
    private static readonly string[] Old =
    [
        "gaps WHERE stored < $1",
        "audit_trail WHERE stored < $1",
        "findings WHERE coalesce(until, since) < $1",
        "collectors WHERE time < $1",
        "heartbeats WHERE time < $1",
        "agents WHERE claimed < $1 AND NOT EXISTS (SELECT FROM heartbeats WHERE heartbeats.agent_id = agents.agent_id)",
    ];

    private readonly PostgresDatabase _database;
    private readonly PostgresPartitions _partitions;
    private readonly PostgresWriter _writer;
    private readonly TimeProvider _time;
    private readonly TimeSpan _keep;

    private PostgresStore(PostgresDatabase database, TimeProvider time, TimeSpan keep)
    {
        _database = database;
        _time = time;
        _keep = keep;
        _partitions = new PostgresPartitions(time, keep);
        _writer = new PostgresWriter(_partitions, time);
    }

    public string Name => _database.Name;

    /// <summary>While one is written, another is on its way and a third is made.</summary>
    public int Writers => 3;

    private DateTime Now => _time.GetUtcNow().UtcDateTime;

    /// <exception cref="StoreException">The database is not reached, or not to be used; the message says why.</exception>
    public static async Task<PostgresStore> OpenAsync(string connectionString, TimeProvider time, TimeSpan keep)
    {
        var store = new PostgresStore(PostgresDatabase.Of(connectionString), time, keep);
        try
        {
            await store._database.UseAsync(async connection =>
            {
                await PostgresSchema.EnsureAsync(connection);
                await store._partitions.MakeAheadAsync(connection);
                return true;
            });
            return store;
        }
        catch (StoreException)
        {
            await store.DisposeAsync();
            throw;
        }
    }

    public Task<IReadOnlyList<Claimed>> ClaimAsync(IReadOnlyList<Claim> claims) => _database.UseAsync<IReadOnlyList<Claimed>>(async connection =>
    {
        // A statement may change a row once: of several claims of one agent the last one wins, and all count.
        IGrouping<string, Claim>[] agents = [.. claims.GroupBy(static claim => claim.AgentId)];
        List<(string AgentId, long Generation, long Next)> rows = await connection.QueryAsync(
            """
            INSERT INTO agents SELECT agent_id, claims, epoch, 0, $4 FROM unnest($1, $2, $3) AS given (agent_id, claims, epoch)
            ON CONFLICT (agent_id) DO UPDATE SET
                generation = agents.generation + excluded.generation,
                next_sequence = CASE WHEN agents.epoch = excluded.epoch THEN agents.next_sequence ELSE 0 END,
                epoch = excluded.epoch,
                claimed = excluded.claimed
            RETURNING agent_id, generation, next_sequence
            """,
            static row => (row.GetString(0), row.GetInt64(1), row.GetInt64(2)),
            Column(agents, static agent => agent.Key),
            Column(agents, static agent => (long)agent.Count()),
            Column(agents, static agent => unchecked((long)agent.Last().Epoch)),
            Value(Now));
        Dictionary<string, (long Generation, long Next)> last = rows.ToDictionary(static row => row.AgentId, static row => (row.Generation, row.Next));
        Dictionary<string, long> toCome = agents.ToDictionary(static agent => agent.Key, static agent => (long)agent.Count());
        return [.. claims.Select(claim => new Claimed(last[claim.AgentId].Generation - --toCome[claim.AgentId], (ulong)last[claim.AgentId].Next))];
    });

    public Task<IReadOnlyList<bool>> StoreAsync(IReadOnlyList<AgentBatch> batches) => _database.UseAsync(connection => _writer.WriteAsync(connection, batches));

    public Task<IReadOnlyList<bool>> SaveHostsAsync(IReadOnlyList<HostState> hosts) => _database.UseAsync<IReadOnlyList<bool>>(async connection =>
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        List<string> newest = await connection.QueryAsync(
            """
            INSERT INTO heartbeats
            SELECT agent_id, host, version, time, counters
            FROM unnest($1, $2, $3, $4, $5, $6) AS given (agent_id, host, version, time, counters, generation)
            JOIN agents USING (agent_id, generation)
            ON CONFLICT (agent_id) DO UPDATE SET
                host = excluded.host, version = excluded.version, time = excluded.time, counters = excluded.counters
            RETURNING agent_id
            """,
            static row => row.GetString(0),
            Column(hosts, static host => host.Stream.AgentId),
            Column(hosts, static host => host.Host),
            Column(hosts, static host => host.Version),
            Column(hosts, static host => host.Seen.UtcDateTime),
            Column(hosts, static host => host.Counters),
            Column(hosts, static host => host.Stream.Generation));
        await connection.ExecuteAsync("""
            UPDATE findings SET until = heartbeats.time FROM heartbeats
            WHERE kind = 'host_silent' AND until IS NULL AND findings.agent_id = heartbeats.agent_id AND heartbeats.time > since
            """);
        await transaction.CommitAsync();
        HashSet<string> saved = [.. newest];
        return [.. hosts.Select(host => saved.Contains(host.Stream.AgentId))];
    });

    public Task<IReadOnlyList<string>> FindSilentAsync(IReadOnlyList<HostState> silent, DateTimeOffset othersBefore) =>
        _database.UseAsync<IReadOnlyList<string>>(async connection => await connection.QueryAsync(
            """
            INSERT INTO findings
            SELECT agent_id, 'host_silent', time, NULL, 1, '' FROM (
                SELECT agent_id, time FROM unnest($1, $2, $3) AS given (agent_id, time, generation) JOIN agents USING (agent_id, generation)
                UNION
                SELECT agent_id, time FROM heartbeats WHERE time < $4
            ) AS silent
            WHERE NOT EXISTS (SELECT FROM findings WHERE findings.agent_id = silent.agent_id AND kind = 'host_silent' AND until IS NULL)
            ON CONFLICT DO NOTHING
            RETURNING agent_id
            """,
            static row => row.GetString(0),
            Column(silent, static host => host.Stream.AgentId),
            Column(silent, static host => host.Seen.UtcDateTime),
            Column(silent, static host => host.Stream.Generation),
            Value(othersBefore.UtcDateTime)));

    public Task SaveFindingsAsync(IReadOnlyList<Finding> findings) => _database.UseAsync(connection => connection.ExecuteAsync(
        """
        INSERT INTO findings SELECT * FROM unnest($1, $2, $3, $4, $5, $6)
        ON CONFLICT (agent_id, kind, since) DO UPDATE SET until = excluded.until, count = excluded.count, detail = excluded.detail
        """,
        Column(findings, static finding => finding.AgentId),
        Column(findings, static finding => finding.Kind),
        Column(findings, static finding => finding.Since.UtcDateTime),
        Column(findings, static finding => finding.Until?.UtcDateTime),
        Column(findings, static finding => finding.Count),
        Column(findings, static finding => finding.Detail)));

    public Task SaveCollectorAsync(CollectorState collector) => _database.UseAsync(connection => connection.ExecuteAsync(
        "INSERT INTO collectors VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET time = excluded.time, counters = excluded.counters",
        Value(collector.Name),
        Value(collector.Seen.UtcDateTime),
        Value(collector.Counters)));

    public Task<bool> MaintainAsync() => _database.UseAsync(async connection =>
    {
        await _partitions.MakeAheadAsync(connection);
        await _partitions.DropOldAsync(connection);
        await connection.ExecuteAsync(
            """
            WITH gone AS (DELETE FROM alerts_quarantine WHERE stored < $1 RETURNING place)
            UPDATE forwarders SET missed = missed + (SELECT count(*) FROM gone WHERE gone.place > forwarders.place)
            """,
            Value((_time.GetUtcNow() - _keep).UtcDateTime));
        foreach (string old in Old)
        {
            await connection.ExecuteAsync($"DELETE FROM {old}", Value((_time.GetUtcNow() - _keep).UtcDateTime));
        }

        return false;
    });

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
