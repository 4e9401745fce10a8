using Npgsql;
using NpgsqlTypes;
using static Tallyman.Collector.Store.Postgres.PostgresCommands;

namespace Tallyman.Collector.Store.Postgres;

/// <summary>Writes the records of many streams in one transaction, with their cursors.</summary>
internal sealed class PostgresWriter(PostgresPartitions partitions, TimeProvider time)
{
    private const string Columns = "day, id, agent_id, epoch, sequence, time, stored, host, tool, severity, risk_score, suspicion_score, record";

    // Rows arrive in a table that nobody sees and that costs no journal, so that one statement can leave out those that are
    // there already, and gives the others their places (PostgresOutbox).
    private const string Insert = $"INSERT INTO alerts ({Columns}) SELECT * FROM incoming ON CONFLICT DO NOTHING";

    public async Task<IReadOnlyList<bool>> WriteAsync(NpgsqlConnection connection, IReadOnlyList<AgentBatch> batches)
    {
        await partitions.MakeAsync(connection, batches.SelectMany(static batch => batch.Alerts).Select(alert => partitions.DayOf(alert.Time)).Distinct());
        await connection.ExecuteAsync($"CREATE TEMPORARY TABLE IF NOT EXISTS incoming ON COMMIT DELETE ROWS AS SELECT {Columns} FROM alerts WITH NO DATA");

        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        HashSet<string> newest = await AdvanceAsync(connection, batches);
        bool[] accepted = [.. batches.Select(batch => newest.Contains(KeyOf(batch)))];
        List<AgentBatch> toWrite = [.. batches.Where((_, i) => accepted[i])];
        await InsertAlertsAsync(connection, toWrite);
        await InsertGapsAsync(connection, [.. toWrite.SelectMany(static batch => batch.Gaps, static (batch, gap) => (batch.Stream, gap))]);
        await InsertTrailAsync(connection, [.. toWrite.SelectMany(static batch => batch.Trail, static (batch, entry) => (batch.Stream, entry))]);
        await transaction.CommitAsync();
        return accepted;
    }

    private static string KeyOf(AgentBatch batch) => $"{batch.Stream.Generation} {batch.Stream.AgentId}";

    /// <summary>Moves the cursors of those streams that are the newest of their agents, and holds them until the end.</summary>
    private static async Task<HashSet<string>> AdvanceAsync(NpgsqlConnection connection, IReadOnlyList<AgentBatch> batches) =>
        [.. await connection.QueryAsync(
            """
            UPDATE agents SET next_sequence = greatest(agents.next_sequence, given.next)
            FROM unnest($1, $2, $3) AS given (agent_id, generation, next)
            WHERE agents.agent_id = given.agent_id AND agents.generation = given.generation
            RETURNING agents.generation || ' ' || agents.agent_id
            """,
            static row => row.GetString(0),
            Column(batches, static batch => batch.Stream.AgentId),
            Column(batches, static batch => batch.Stream.Generation),
            Column(batches, static batch => (long)batch.NextSequence))];

    private async Task InsertAlertsAsync(NpgsqlConnection connection, List<AgentBatch> batches)
    {
        // In order: two collectors that insert the same alerts would else wait for each other.
        (StreamPlace Stream, AlertRow Alert, DateOnly Day)[] rows =
        [
            .. batches
                .SelectMany(batch => batch.Alerts, (batch, alert) => (batch.Stream, Alert: alert, Day: partitions.DayOf(alert.Time)))
                .OrderBy(static row => row.Day).ThenBy(static row => row.Alert.Id, StringComparer.Ordinal),
        ];
        if (rows.Length == 0)
        {
            return;
        }

        DateTime now = time.GetUtcNow().UtcDateTime;
        await using (NpgsqlBinaryImporter copy = await connection.BeginBinaryImportAsync("COPY incoming FROM STDIN (FORMAT BINARY)"))
        {
            foreach ((StreamPlace stream, AlertRow alert, DateOnly day) in rows)
            {
                await copy.StartRowAsync();
                await copy.WriteAsync(day, NpgsqlDbType.Date);
                await copy.WriteAsync(alert.Id, NpgsqlDbType.Text);
                await copy.WriteAsync(stream.AgentId, NpgsqlDbType.Text);
                await copy.WriteAsync(unchecked((long)stream.Epoch), NpgsqlDbType.Bigint);
                await copy.WriteAsync((long)alert.Sequence, NpgsqlDbType.Bigint);
                await copy.WriteAsync(alert.Time.UtcDateTime, NpgsqlDbType.TimestampTz);
                await copy.WriteAsync(now, NpgsqlDbType.TimestampTz);
                await copy.WriteAsync(alert.Host, NpgsqlDbType.Text);
                await copy.WriteAsync(alert.Tool, NpgsqlDbType.Text);
                await copy.WriteAsync((short)alert.Severity, NpgsqlDbType.Smallint);
                await copy.WriteAsync(alert.RiskScore, NpgsqlDbType.Integer);
                await copy.WriteAsync(alert.SuspicionScore, NpgsqlDbType.Integer);
                await copy.WriteAsync(alert.Message, NpgsqlDbType.Bytea);
            }

            await copy.CompleteAsync();
        }

        try
        {
            await connection.ExecuteAsync(Insert);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.CheckViolation)
        {
            // Another collector keeps fewer days and has taken this one away: the next attempt makes it anew.
            partitions.Forget();
            throw;
        }
    }

    private async Task InsertGapsAsync(NpgsqlConnection connection, List<(StreamPlace Stream, GapRow Gap)> gaps)
    {
        if (gaps.Count > 0)
        {
            await connection.ExecuteAsync(
                "INSERT INTO gaps SELECT *, $9 FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
                Column(gaps, static row => row.Stream.AgentId),
                Column(gaps, static row => unchecked((long)row.Stream.Epoch)),
                Column(gaps, static row => (long)row.Gap.Sequence),
                Column(gaps, static row => row.Gap.Reason),
                Column(gaps, static row => unchecked((long)row.Gap.Count)),
                Column(gaps, static row => row.Gap.CountIsExact),
                Column(gaps, static row => row.Gap.First.UtcDateTime),
                Column(gaps, static row => row.Gap.Last.UtcDateTime),
                Value(time.GetUtcNow().UtcDateTime));
        }
    }

    private async Task InsertTrailAsync(NpgsqlConnection connection, List<(StreamPlace Stream, TrailRow Entry)> trail)
    {
        if (trail.Count > 0)
        {
            await connection.ExecuteAsync(
                "INSERT INTO audit_trail SELECT *, $7 FROM unnest($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
                Column(trail, static row => row.Stream.AgentId),
                Column(trail, static row => unchecked((long)row.Stream.Epoch)),
                Column(trail, static row => (long)row.Entry.Sequence),
                Column(trail, static row => row.Entry.Time.UtcDateTime),
                Column(trail, static row => row.Entry.What),
                Column(trail, static row => row.Entry.Detail),
                Value(time.GetUtcNow().UtcDateTime));
        }
    }
}
