using Microsoft.Extensions.Logging;
using Tallyman.Agent.Status;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>The thread that follows the log: woken by inotify and once a second, and keeping how far it has come.</summary>
internal sealed partial class AuditFollower : IDisposable
{
    private const int TicksBetweenCursors = 5;
    private const int PollsAtEnd = 20;
    private static readonly TimeSpan SlowPoll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PollAtEnd = TimeSpan.FromMilliseconds(50);

    private readonly AuditLogOptions _options;
    private readonly AuditReading _reading;
    private readonly AuditTail _tail;
    private readonly Progress _progress;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _thread;
    private FileSystemWatcher? _watcher;
    private AuditCursor? _cursor;
    private string? _failure;
    private volatile bool _stopping;

    /// <param name="tail">Of the reading; has begun.</param>
    public AuditFollower(AuditLogOptions options, AuditReading reading, AuditTail tail, Progress progress, TimeProvider time, ILogger logger)
    {
        _options = options;
        _reading = reading;
        _tail = tail;
        _progress = progress;
        _time = time;
        _logger = logger;
        _thread = new Thread(Follow) { Name = "audit", IsBackground = true };
    }

    public bool IsAlive => _thread.IsAlive;

    public void Start()
    {
        _watcher = Watch();
        _thread.Start();
    }

    /// <summary>Reads what is there, then ends.</summary>
    public void Stop()
    {
        _stopping = true;
        _wake.Set();
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        _watcher?.Dispose();
        _watcher = null;
    }

    public void Dispose()
    {
        Stop();
        _wake.Dispose();
    }

    private void Follow()
    {
        long lastTick = _time.GetTimestamp();
        int ticks = 0;
        while (!_stopping)
        {
            _progress.Beat(Stage.Source);
            bool hasMore = Poll();
            if (_time.GetElapsedTime(lastTick) >= SlowPoll)
            {
                lastTick = _time.GetTimestamp();
                Tick(++ticks);
            }

            if (!hasMore)
            {
                _wake.WaitOne(SlowPoll);
            }
        }

        // What is being written at this moment is still taken along.
        for (int i = 0; i < PollsAtEnd && (Poll() || _reading.OldestPosition < _reading.Position); i++)
        {
            _wake.WaitOne(PollAtEnd);
        }

        AuditCursor? end = _tail.Cursor();
        _reading.Finish();
        Save(end);
        _progress.Rest(Stage.Source);
    }

    private bool Poll()
    {
        try
        {
            bool hasMore = _tail.Poll();
            _failure = null;
            return hasMore;
        }
        catch (IOException e)
        {
            if (_failure is null)
            {
                LogNotRead(_logger, _options.Log, e.Message);
            }

            _failure = e.Message;
            return false;
        }
    }

    private void Tick(int ticks)
    {
        _reading.Tick();
        _reading.Report();
        if (ticks % TicksBetweenCursors == 0)
        {
            // The one before: what was read since may not have been judged yet, and would be lost if the agent were.
            Save(_cursor);
            _cursor = _tail.Cursor();
        }
    }

    private void Save(AuditCursor? cursor)
    {
        if (cursor?.Save(_options.State) is string failure)
        {
            LogNoCursor(_logger, _options.State, failure);
        }
    }

    private FileSystemWatcher? Watch()
    {
        try
        {
            string directory = Path.GetDirectoryName(Path.GetFullPath(_options.Log))!;
            var watcher = new FileSystemWatcher(directory, Path.GetFileName(_options.Log) + "*") { NotifyFilter = NotifyFilters.LastWrite | NotifyFilters.FileName };
            watcher.Changed += (_, _) => _wake.Set();
            watcher.Created += (_, _) => _wake.Set();
            watcher.Renamed += (_, _) => _wake.Set();
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            return null; // no inotify to be had: the slow poll does it alone
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Log} cannot be read, which is tried again and again: {Reason}")]
    private static partial void LogNotRead(ILogger logger, string log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "How far the log is read cannot be kept in {Directory}, so that the next start begins at its end: {Reason}")]
    private static partial void LogNoCursor(ILogger logger, string directory, string reason);
}
