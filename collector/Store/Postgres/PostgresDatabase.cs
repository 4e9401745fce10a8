using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Npgsql;
using Tallyman.V1;

namespace Tallyman.Collector.Store.Postgres;

/// <summary>Connections to the database, and what PostgreSQL says in the terms of a store.</summary>
internal sealed class PostgresDatabase : IAsyncDisposable
{
    /// <summary>Of a query, for <see cref="AlertIn"/>.</summary>
    public const string AlertColumns = "agent_id, sequence, stored, record";

    private const string Settings = "SET temp_buffers = '64MB'";

    private readonly NpgsqlDataSource _source;

    private PostgresDatabase(NpgsqlDataSource source, string name)
    {
        _source = source;
        Name = name;
    }

    /// <summary>Host and database, and no password.</summary>
    public string Name { get; }

    /// <exception cref="StoreException">The connection string cannot be read.</exception>
    public static PostgresDatabase Of(string connectionString)
    {
        try
        {
            // Slim: what it leaves out would need reflection, which the trimmed program has not.
            var builder = new NpgsqlSlimDataSourceBuilder(connectionString);
            builder.EnableArrays();
            builder.EnableTransportSecurity();
            NpgsqlConnectionStringBuilder connection = builder.ConnectionStringBuilder;
            connection.ApplicationName ??= "tallyman-collector";
            connection.MaxAutoPrepare = 20;
            connection.NoResetOnClose = true; // the table that rows arrive in stays
            // Room for the rows that arrive together, which would else go through a file first.
            builder.UsePhysicalConnectionInitializer(
                static opened => opened.ExecuteAsync(Settings).GetAwaiter().GetResult(), static opened => opened.ExecuteAsync(Settings));
            return new PostgresDatabase(builder.Build(), $"PostgreSQL at {connection.Host}, database {connection.Database}");
        }
        catch (ArgumentException e)
        {
            throw new StoreException($"the connection string of PostgreSQL cannot be read: {e.Message}", e);
        }
    }

    public static StoredAlert AlertIn(NpgsqlDataReader row, int first) => new(
        row.GetString(first),
        (ulong)row.GetInt64(first + 1),
        row.GetFieldValue<DateTimeOffset>(first + 2),
        Alert.Parser.ParseFrom(row.GetFieldValue<byte[]>(first + 3)));

    /// <summary>Does one piece of work on a connection of its own.</summary>
    /// <exception cref="StoreException">PostgreSQL is away or refuses.</exception>
    public async Task<T> UseAsync<T>(Func<NpgsqlConnection, Task<T>> work)
    {
        await using NpgsqlConnection connection = await ConnectAsync();
        return await UseAsync(connection, work);
    }

    /// <exception cref="StoreException">PostgreSQL is away.</exception>
    public async Task<NpgsqlConnection> ConnectAsync()
    {
        try
        {
            return await _source.OpenConnectionAsync();
        }
        catch (Exception e) when (IsOfPostgres(e))
        {
            throw Translate(e);
        }
    }

    /// <exception cref="StoreException">PostgreSQL is away or refuses.</exception>
    public async Task<T> UseAsync<T>(NpgsqlConnection connection, Func<NpgsqlConnection, Task<T>> work)
    {
        try
        {
            return await work(connection);
        }
        catch (Exception e) when (IsOfPostgres(e))
        {
            throw Translate(e);
        }
    }

    /// <summary>Rows as they come; nothing is gathered.</summary>
    public async IAsyncEnumerable<T> ReadAsync<T>(
        string query, Func<NpgsqlDataReader, T> read, NpgsqlParameter[] parameters, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        NpgsqlDataReader rows;
        try
        {
            NpgsqlCommand command = _source.CreateCommand(query);
            command.Parameters.AddRange(parameters);
            command.CommandTimeout = 0;
            rows = await command.ExecuteReaderAsync(cancel);
        }
        catch (Exception e) when (IsOfPostgres(e))
        {
            throw Translate(e);
        }

        await using (rows)
        {
            while (await rows.ReadAsync(cancel))
            {
                yield return read(rows);
            }
        }
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private static bool IsOfPostgres(Exception e) => e is NpgsqlException or SocketException or IOException or TimeoutException;

    private StoreException Translate(Exception e) => new($"{Name}: {e.Message}", e, MayPass(e), IsOfTheData(e));

    /// <summary>
    /// What may pass by itself: no connection, a partition that is gone, and the classes 08 (connection), 25 (read only: a
    /// standby), 40 (rolled back for another's sake), 53 (no room), 55 (locked), 57 (shut down) and 58 (I/O) of
    /// https://www.postgresql.org/docs/current/errcodes-appendix.html.
    /// </summary>
    private static bool MayPass(Exception e) =>
        e is not PostgresException refused
        || refused.SqlState == PostgresErrorCodes.CheckViolation
        || refused.SqlState[..2] is "08" or "25" or "40" or "53" or "55" or "57" or "58";

    /// <summary>The classes 22 (data exception, but for rows that are not as the table wants all of them), 23 (constraint) and 54 (too large for it).</summary>
    private static bool IsOfTheData(Exception e) =>
        !MayPass(e) && e is PostgresException { SqlState: not PostgresErrorCodes.InvalidBinaryRepresentation } refused && refused.SqlState[..2] is "22" or "23" or "54";
}
