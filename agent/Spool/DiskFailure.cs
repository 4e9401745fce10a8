using Microsoft.Data.Sqlite;

namespace Tallyman.Agent.Spool;

/// <summary>Whether the disk or its file system is what fails, so that what is on it may be sound, and a later attempt may do.</summary>
internal static class DiskFailure
{
    // https://www.sqlite.org/rescode.html
    private const int Perm = 3;
    private const int Busy = 5;
    private const int Locked = 6;
    private const int NoMemory = 7;
    private const int ReadOnly = 8;
    private const int IoError = 10;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int Protocol = 15;
    private const int ShortRead = IoError | (2 << 8); // the file is shorter than it says, and stays so
    private const int Write = IoError | (3 << 8); // also of a file system that has turned read-only
    private const int Flush = IoError | (4 << 8);

    public static bool Is(Exception e) => e switch
    {
        SqliteException { SqliteExtendedErrorCode: ShortRead } => false,
        SqliteException sqlite => sqlite.SqliteErrorCode is Perm or Busy or Locked or NoMemory or ReadOnly or IoError or Full or CannotOpen or Protocol,
        _ => e is IOException or UnauthorizedAccessException or OutOfMemoryException,
    };

    /// <summary>Nothing more can be written for now, and what is there can be read.</summary>
    public static bool LeavesReadable(Exception e) => e is SqliteException { SqliteErrorCode: Full or ReadOnly or Busy } or SqliteException { SqliteExtendedErrorCode: Write or Flush };
}
