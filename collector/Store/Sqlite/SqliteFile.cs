using Microsoft.Data.Sqlite;
using Tallyman.Cli;
using Tallyman.V1;

namespace Tallyman.Collector.Store.Sqlite;

/// <summary>The file of the store, and what SQLite says about it in the terms of a store.</summary>
internal static class SqliteFile
{
    /// <summary>Of a query, for <see cref="AlertIn"/>.</summary>
    public const string AlertColumns = "agent_id, sequence, stored, record";

    public static string In(string directory) => Path.Combine(directory, "tallyman.db");

    public static SqliteConnection Connect(string file, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = mode, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    /// <summary>Opens a store that a collector keeps.</summary>
    /// <exception cref="StoreException">There is none in this directory, or it cannot be read.</exception>
    /// <exception cref="UserException">This user may not.</exception>
    public static SqliteConnection OpenStore(string directory, SqliteOpenMode mode)
    {
        string file = In(directory);
        try
        {
            File.GetAttributes(file); // SQLite would say that it is unable to, whatever the reason is
            SqliteConnection connection = Connect(file, mode);
            using var ask = new SqliteCommand("PRAGMA user_version", connection);
            long version = (long)ask.ExecuteScalar()!;
            return version == SqliteSchema.Version
                ? connection
                : throw new StoreException($"{file} has schema {version}, this program reads {SqliteSchema.Version}: start the collector that belongs to it once");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new StoreException($"{file} does not exist: has a collector run with --data {directory}?", e);
        }
        catch (Exception e) when (IsNotAllowed(e))
        {
            throw NotAllowed(file);
        }
        catch (Exception e) when (e is SqliteException or IOException)
        {
            throw new StoreException($"{file} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>CANTOPEN of a file that is there is most of all that.</summary>
    public static bool IsNotAllowed(Exception e) => e is UnauthorizedAccessException or SqliteException { SqliteErrorCode: 14 };

    public static UserException NotAllowed(string file) =>
        new(ExitCode.NoPermission, $"{file} cannot be opened by this user: try sudo, or name another directory with --data");

    public static StoredAlert AlertIn(SqliteDataReader row, int first) => new(
        row.GetString(first),
        (ulong)row.GetInt64(first + 1),
        Microseconds.ToTime(row.GetInt64(first + 2)),
        Alert.Parser.ParseFrom(row.GetFieldValue<byte[]>(first + 3)));

    /// <summary>What may pass by itself: somebody else has the file, the disk is full or fails.</summary>
    public static bool MayPass(SqliteException e) => e.SqliteErrorCode is 5 or 6 or 7 or 8 or 10 or 13 or 14; // BUSY LOCKED NOMEM READONLY IOERR FULL CANTOPEN

    /// <summary>It is what was to be written that it does not take.</summary>
    public static bool IsOfTheData(SqliteException e) => e.SqliteErrorCode is 18 or 19 or 20; // TOOBIG CONSTRAINT MISMATCH
}
