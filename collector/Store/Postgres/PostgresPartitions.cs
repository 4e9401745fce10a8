using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;

namespace Tallyman.Collector.Store.Postgres;

/// <summary>
/// The days of the table of alerts, one partition each. Those of the next days are made ahead of time; that of a day past,
/// for an agent that comes back, when it is needed.
/// </summary>
internal sealed class PostgresPartitions(TimeProvider time, TimeSpan keep)
{
    /// <summary>How far an agent's clock may be ahead.</summary>
    private const int DaysAhead = 2;

    private static readonly DateOnly Quarantine = DateOnly.FromDateTime(DateTime.UnixEpoch);

    private readonly ConcurrentDictionary<DateOnly, bool> _known = [];

    private DateOnly Today => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);

    private DateOnly Oldest => DateOnly.FromDateTime((time.GetUtcNow() - keep).UtcDateTime);

    /// <summary>
    /// The day under which an alert is filed: that of its own time, which is the same however often it is sent; a day in
    /// quarantine where that is longer ago than alerts are kept, or yet to come.
    /// </summary>
    public DateOnly DayOf(DateTimeOffset alertTime)
    {
        DateOnly day = DateOnly.FromDateTime(alertTime.UtcDateTime);
        return day >= Oldest && day <= Today.AddDays(DaysAhead) ? day : Quarantine;
    }

    public Task MakeAheadAsync(NpgsqlConnection connection) =>
        MakeAsync(connection, Enumerable.Range(0, DaysAhead + 2).Select(ahead => Today.AddDays(ahead)));

    public async Task MakeAsync(NpgsqlConnection connection, IEnumerable<DateOnly> days)
    {
        foreach (DateOnly day in days.Where(day => day != Quarantine && !_known.ContainsKey(day)))
        {
            await MakeAsync(connection, day);
            _known[day] = true;
        }
    }

    /// <summary>Looks anew which days there are.</summary>
    public void Forget() => _known.Clear();

    /// <summary>Takes away the days that are older than alerts are kept.</summary>
    public async Task DropOldAsync(NpgsqlConnection connection)
    {
        List<string> names = await connection.QueryAsync(
            "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'alerts'::regclass",
            static row => row.GetString(0));
        foreach (string name in names)
        {
            if (DateOnly.TryParseExact(name, "'alerts_'yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day) && day < Oldest)
            {
                _known.TryRemove(day, out _);
                // Whoever reads for long must not make all who write wait behind this: it is tried again.
                await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
                await connection.ExecuteAsync($"""
                    SET LOCAL lock_timeout = '5s';
                    UPDATE forwarders SET missed = missed + (SELECT count(*) FROM {name} WHERE {name}.place > forwarders.place);
                    DROP TABLE {name};
                    """);
                await transaction.CommitAsync();
            }
        }
    }

    /// <summary>Made beside the table and attached to it, which those who write need not wait for.</summary>
    private static async Task MakeAsync(NpgsqlConnection connection, DateOnly day)
    {
        string name = day.ToString("'alerts_'yyyyMMdd", CultureInfo.InvariantCulture);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync($"SELECT pg_advisory_xact_lock({PostgresSchema.Lock})");
        if (await connection.ScalarAsync<bool>($"SELECT to_regclass('{name}') IS NULL"))
        {
            await connection.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"""
                CREATE TABLE {name} (LIKE alerts INCLUDING ALL);
                ALTER TABLE alerts ATTACH PARTITION {name} FOR VALUES FROM ('{day:yyyy-MM-dd}') TO ('{day.AddDays(1):yyyy-MM-dd}');
                """));
            await transaction.CommitAsync();
        }
    }
}
