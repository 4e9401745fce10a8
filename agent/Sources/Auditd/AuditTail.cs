using Microsoft.Extensions.Logging;
using Tallyman.Agent.Status;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>
/// Follows a log that is written to, from file to file. The file that is being read is held open, so that its inode stays its
/// own: what follows it is found by that, however often the files were renamed meanwhile. Used by one thread.
/// </summary>
internal sealed partial class AuditTail(string log, AuditReading reading, Counters counters, TimeProvider time, ILogger logger) : IDisposable
{
    /// <summary>Pieces that are read before other things get their turn.</summary>
    private const int MostPieces = 64;

    private LogFile? _file;
    private long _start; // what the whole reading had come to where this file begins
    private bool _isUnreadable;

    private (long Time, ulong Serial)? _passedOn; // by an earlier reading, where it is not known how far that has come

    /// <summary>Goes on where a reading before this one has ended, or begins with what is written from now on.</summary>
    public void Begin(AuditCursor? cursor)
    {
        IReadOnlyList<(string Path, ulong Inode)> files = RotatedLogs.Of(log);
        reading.Last = cursor is null ? default : (cursor.Time, cursor.Serial);
        if (cursor is null)
        {
            Open(log);
            _file?.GoToEnd();
        }
        else if (!TryGoOn(files, cursor))
        {
            // Everything there is now is newer, unless it was cleared away before its time.
            counters.Add(Counter.LostAuditGaps);
            LogGap(logger, log);
            Open(files.Count > 0 ? files[0].Path : log);
            _passedOn = cursor.Time > time.GetUtcNow().ToUnixTimeMilliseconds() ? null : reading.Last; // clocks are set back; rather twice than never
        }

        _start = -(_file?.Offset ?? 0);
    }

    /// <summary>Reads what is there.</summary>
    /// <returns>Whether there may be more at once.</returns>
    public bool Poll()
    {
        if (_file is null && !Open(log))
        {
            return false;
        }

        if (_file!.IsRewritten)
        {
            FinishCopied(_file);
            Switch(_file);
        }

        if (!ReadToEnd(MostPieces) || TryGoToNext())
        {
            return true;
        }

        _passedOn = null; // what comes from now on is new, whatever its time
        return false;
    }

    /// <summary>Where the next start is to go on; null if there is no file.</summary>
    public AuditCursor? Cursor() => _file is null
        ? null
        : new AuditCursor(_file.Inode, Math.Max(0, reading.OldestPosition - _start), _file.HeadLength, _file.HeadDigest, reading.Last.Time, reading.Last.Serial);

    /// <summary>Whether an earlier reading has passed the execution on.</summary>
    public bool WasPassedOn(AuditExec exec) => (exec.Time.ToUnixTimeMilliseconds(), exec.Serial).CompareTo(_passedOn ?? (-1, 0)) <= 0;

    public void Dispose() => _file?.Dispose();

    private bool Open(string path)
    {
        _file = LogFile.TryOpen(path, out LogFailure? failure);
        if (_file is null && !_isUnreadable)
        {
            LogUnreadable(logger, log, failure!.Reason);
        }
        else if (_file is not null && _isUnreadable)
        {
            LogReadable(logger, log);
        }

        _isUnreadable = _file is null;
        _start = reading.Position;
        return _file is not null;
    }

    /// <summary>By its inode; where it was copied and cut off, its copy begins as it did.</summary>
    private bool TryGoOn(IReadOnlyList<(string Path, ulong Inode)> files, AuditCursor cursor)
    {
        foreach ((string path, _) in files.OrderByDescending(file => file.Inode == cursor.Inode))
        {
            LogFile? file = LogFile.TryOpen(path, out _);
            if (file is not null && (cursor.HeadLength > 0 || file.Inode == cursor.Inode) && file.Is(cursor.HeadLength, cursor.HeadDigest, cursor.Offset))
            {
                _file = file;
                file.GoTo(cursor.Offset);
                return true;
            }

            file?.Dispose();
        }

        return false;
    }

    /// <returns>Whether the end was reached.</returns>
    private bool ReadToEnd(int pieces)
    {
        for (int i = 0; i < pieces; i++)
        {
            int read = _file!.Read(reading.Room.Span);
            if (read == 0)
            {
                return true;
            }

            reading.Take(read);
        }

        return false;
    }

    /// <returns>Whether there is a file that follows.</returns>
    private bool TryGoToNext()
    {
        using (LogFile? newest = LogFile.TryOpen(log, out _))
        {
            if (newest is null || newest.Inode == _file!.Inode)
            {
                return false;
            }
        }

        IReadOnlyList<(string Path, ulong Inode)> files = RotatedLogs.Of(log);
        int own = files.ToList().FindIndex(file => file.Inode == _file.Inode);
        if (own == files.Count - 1)
        {
            return false; // just renamed, and the new one is not there yet
        }

        if (own < 0)
        {
            counters.Add(Counter.LostAuditGaps);
            LogGap(logger, log);
        }

        // Between the look for the newest and the rename, something may have been written to it.
        while (!ReadToEnd(MostPieces))
        {
        }

        LogFile? next = LogFile.TryOpen(files[own + 1].Path, out _);
        if (next is null || next.Inode != files[own + 1].Inode)
        {
            next?.Dispose();
            return true; // renamed once more: it is looked for anew
        }

        Switch(next);
        return true;
    }

    private void Switch(LogFile next)
    {
        reading.EndFile();
        if (next != _file)
        {
            _file?.Dispose();
        }

        next.GoTo(0);
        _file = next;
        _start = reading.Position;
    }

    /// <summary>The file was copied and cut off: the copy has what was not read yet. What came between is lost, and logrotate says so.</summary>
    private void FinishCopied(LogFile cut)
    {
        foreach ((string path, ulong inode) in RotatedLogs.Of(log).Where(file => file.Inode != cut.Inode))
        {
            using LogFile? copy = LogFile.TryOpen(path, out _);
            if (copy is not null && copy.Inode == inode && cut.HeadLength > 0 && copy.Is(cut.HeadLength, cut.HeadDigest, cut.Offset))
            {
                copy.GoTo(cut.Offset);
                while (copy.Read(reading.Room.Span) is int read and > 0)
                {
                    reading.Take(read);
                }

                return;
            }
        }

        counters.Add(Counter.LostAuditGaps);
        LogGap(logger, log);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Log} cannot be read, which is tried again and again: {Reason}")]
    private static partial void LogUnreadable(ILogger logger, string log, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Log} can be read again")]
    private static partial void LogReadable(ILogger logger, string log);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Between what was read of {Log} and what is there now a part may be missing: rotate less often, or keep more files (num_logs in auditd.conf)")]
    private static partial void LogGap(ILogger logger, string log);
}
