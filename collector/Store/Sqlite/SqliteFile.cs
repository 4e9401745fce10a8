using Microsoft.Data.Sqlite;

namespace Tallyman.Collector.Store.Sqlite;

/// <summary>The file of the store, and what SQLite says about it in the terms of a store.</summary>
internal static class SqliteFile
{
    public static string In(string directory) => Path.Combine(directory, "tallyman.db");

    public static SqliteConnection Connect(string file, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = mode, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    /// <summary>What may pass by itself: somebody else has the file, the disk is full or fails.</summary>
    public static bool MayPass(SqliteException e) => e.SqliteErrorCode is 5 or 6 or 7 or 8 or 10 or 13 or 14; // BUSY LOCKED NOMEM READONLY IOERR FULL CANTOPEN

    /// <summary>It is what was to be written that it does not take.</summary>
    public static bool IsOfTheData(SqliteException e) => e.SqliteErrorCode is 18 or 19 or 20; // TOOBIG CONSTRAINT MISMATCH
}
