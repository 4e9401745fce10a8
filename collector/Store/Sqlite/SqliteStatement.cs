using Microsoft.Data.Sqlite;

namespace Tallyman.Collector.Store.Sqlite;

/// <summary>A statement that is compiled once. Its parameters are <c>?1</c>, <c>?2</c> and so on.</summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly SqliteCommand _command;

    public SqliteStatement(SqliteConnection connection, int parameters, string text)
    {
        _command = new SqliteCommand(text, connection);
        for (int i = 1; i <= parameters; i++)
        {
            _command.Parameters.Add(new SqliteParameter { ParameterName = $"?{i}" });
        }
    }

    /// <returns>The number of rows that were changed.</returns>
    public int Execute(params ReadOnlySpan<object> values) => Bind(values).ExecuteNonQuery();

    public SqliteDataReader Query(params ReadOnlySpan<object> values) => Bind(values).ExecuteReader();

    public void Dispose() => _command.Dispose();

    private SqliteCommand Bind(ReadOnlySpan<object> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            _command.Parameters[i].Value = values[i];
        }

        return _command;
    }
}
