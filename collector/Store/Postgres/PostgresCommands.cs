using Npgsql;

namespace Tallyman.Collector.Store.Postgres;

/// <summary>Statements in one line each. Parameters are <c>$1</c>, <c>$2</c> and so on.</summary>
internal static class PostgresCommands
{
    public static NpgsqlParameter Value<T>(T value) => new NpgsqlParameter<T> { TypedValue = value };

    /// <summary>One value of each item: a column for <c>unnest</c>.</summary>
    public static NpgsqlParameter Column<TItem, TValue>(IEnumerable<TItem> items, Func<TItem, TValue> value) => Value<TValue[]>([.. items.Select(value)]);

    public static async Task<int> ExecuteAsync(this NpgsqlConnection connection, string text, params NpgsqlParameter[] parameters)
    {
        await using NpgsqlCommand command = Command(connection, text, parameters);
        return await command.ExecuteNonQueryAsync();
    }

    public static async Task<T?> ScalarAsync<T>(this NpgsqlConnection connection, string text, params NpgsqlParameter[] parameters)
    {
        await using NpgsqlCommand command = Command(connection, text, parameters);
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }

    public static async Task<List<T>> QueryAsync<T>(this NpgsqlConnection connection, string text, Func<NpgsqlDataReader, T> read, params NpgsqlParameter[] parameters)
    {
        await using NpgsqlCommand command = Command(connection, text, parameters);
        await using NpgsqlDataReader rows = await command.ExecuteReaderAsync();
        var all = new List<T>();
        while (await rows.ReadAsync())
        {
            all.Add(read(rows));
        }

        return all;
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string text, NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlCommand(text, connection);
        command.Parameters.AddRange(parameters);
        return command;
    }
}
