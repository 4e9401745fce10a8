using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Tallyman.Agent.Sources.Auditd;
using Tallyman.Agent.Status;
using Xunit;

namespace Tallyman.Agent.Tests.Sources.Auditd;

/// <summary>Real files, written, renamed and cut off as auditd and logrotate do.</summary>
public sealed class AuditTailTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly AuditWriter _writer = new(new Random(1));
    private readonly Counters _counters = new();
    private readonly List<string> _seen = [];
    private AuditReading _reading;
    private AuditTail _tail;
    private readonly Afternoon _time = new();
    private int _number;

    public AuditTailTests()
    {
        File.WriteAllText(Log, "");
        (_reading, _tail) = Open();
    }

    private string Log => _directory.File("audit.log");

    public void Dispose()
    {
        _tail.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void What_was_there_before_is_passed_over_and_what_comes_is_read()
    {
        Write(3);
        File.AppendAllText(Log, "type=SYSCALL msg=audit(1.0");
        Begin();
        File.AppendAllText(Log, "00:1): half a line\n");
        Write(2);
        Poll();
        Assert.Equal(["run 3", "run 4"], _seen);
    }

    [Fact]
    public void A_last_line_without_its_end_waits()
    {
        Begin();
        string text = Text();
        int cut = text.IndexOf("type=PROCTITLE", StringComparison.Ordinal) - 20;
        File.AppendAllText(Log, text[..cut]);
        Poll();
        Assert.Empty(_seen);
        File.AppendAllText(Log, text[cut..]);
        Poll();
        Assert.Equal(["run 0"], _seen);
    }

    [Fact]
    public void Files_that_are_renamed_are_read_to_their_ends_however_often_it_happens()
    {
        Begin();
        Write(2);
        Poll();
        Write(1);
        Rotate();
        Write(1);
        Rotate();
        Write(1);
        Rotate();
        Write(1);
        Poll();
        Assert.Equal(Runs(6), _seen);
        Assert.Equal(0u, _counters[Counter.LostAuditGaps]);
    }

    [Fact]
    public void An_event_may_begin_in_one_file_and_end_in_the_next()
    {
        Begin();
        string text = Text();
        int half = text.IndexOf("type=CWD", StringComparison.Ordinal);
        File.AppendAllText(Log, text[..half]);
        Poll();
        Rotate();
        File.AppendAllText(Log, text[half..]);
        Poll();
        Assert.Equal(["run 0"], _seen);
    }

    [Fact]
    public void A_file_that_is_copied_and_cut_off_is_read_on_in_its_copy()
    {
        Begin();
        Write(2);
        Poll();
        Write(2);
        CopyAndTruncate();
        Write(9); // more than was there, so that its length tells nothing
        Poll();
        Assert.Equal(Runs(13), _seen);
        Assert.Equal(0u, _counters[Counter.LostAuditGaps]);
    }

    [Fact]
    public void A_file_that_is_cut_off_without_a_copy_is_a_gap()
    {
        Begin();
        Write(2);
        Poll();
        File.WriteAllText(Log, "");
        Write(1);
        Poll();
        Assert.Equal(Runs(3), _seen);
        Assert.Equal(1u, _counters[Counter.LostAuditGaps]);
    }

    [Fact]
    public void A_later_start_goes_on_where_the_last_one_ended()
    {
        Begin();
        Write(2);
        Poll();
        AuditCursor cursor = SavedCursor();
        Write(1);
        Rotate();
        Write(1);
        Rotate();
        Write(1);
        Begin(cursor);
        Poll();
        Assert.Equal(Runs(5), _seen);
        Assert.Equal(0u, _counters[Counter.LostAuditGaps]);
    }

    [Fact]
    public void A_later_start_finds_the_copy_of_what_was_cut_off()
    {
        Begin();
        Write(2);
        Poll();
        AuditCursor cursor = SavedCursor();
        Write(1);
        CopyAndTruncate();
        Write(1);
        Begin(cursor);
        Poll();
        Assert.Equal(Runs(4), _seen);
    }

    [Fact]
    public void A_later_start_that_finds_its_file_no_more_says_so_and_reads_what_there_is()
    {
        Begin();
        Write(2);
        Poll();
        AuditCursor cursor = SavedCursor();
        File.Delete(Log);
        Write(2);
        Rotate();
        Write(1);
        Begin(cursor);
        Poll();
        Assert.Equal(Runs(5), _seen);
        Assert.Equal(1u, _counters[Counter.LostAuditGaps]);
    }

    [Fact]
    public void What_an_earlier_reading_passed_on_is_not_passed_on_again_where_it_is_not_known_how_far_that_came()
    {
        Begin();
        Write(3);
        Poll();
        AuditCursor cursor = SavedCursor();
        Begin(cursor with { HeadDigest = "another file's" });
        Write(1);
        Poll();
        Assert.Equal(Runs(4), _seen);
    }

    [Fact]
    public void A_clock_that_was_set_back_makes_nothing_unseen_once_the_log_was_read_to_its_end()
    {
        Begin();
        _number = 1000;
        Write(1);
        Poll();
        AuditCursor cursor = SavedCursor();
        _seen.Clear();
        Begin(cursor with { HeadDigest = "another file's" });
        Poll();
        Assert.Empty(_seen);
        _number = 0;
        Write(3);
        Poll();
        Assert.Equal(Runs(3), _seen);
    }

    [Fact]
    public void A_cursor_of_the_future_makes_nothing_unseen()
    {
        Begin();
        Write(3);
        Poll();
        AuditCursor cursor = SavedCursor();
        _seen.Clear();
        Begin(cursor with { HeadDigest = "another file's", Time = _time.GetUtcNow().AddDays(1).ToUnixTimeMilliseconds() });
        Poll();
        Assert.Equal(Runs(3), _seen);
    }

    [Fact]
    public void An_incomplete_event_is_read_from_its_beginning_by_the_next_start()
    {
        Begin();
        Write(1);
        string text = Text();
        int half = text.IndexOf("type=CWD", StringComparison.Ordinal);
        File.AppendAllText(Log, text[..half]);
        Poll();
        AuditCursor cursor = SavedCursor();
        File.AppendAllText(Log, text[half..]);
        Begin(cursor);
        Poll();
        Assert.Equal(["run 0", "run 1"], _seen);
    }

    [Fact]
    public void A_log_that_is_not_there_for_a_while_is_read_when_it_is()
    {
        Begin();
        File.Move(Log, _directory.File("elsewhere"));
        Poll();
        Write(2);
        Poll();
        Assert.Equal(Runs(2), _seen);

        File.Delete(Log);
        _tail.Dispose();
        Begin();
        Poll();
        Write(1);
        Poll();
        Assert.Equal(Runs(3), _seen);
    }

    [Fact]
    public async Task Under_rotation_each_event_is_seen_once()
    {
        const int Events = 3000;
        Begin();
        Task writing = Task.Run(() =>
        {
            for (int i = 0; i < Events; i++)
            {
                Write(1);
                if (i % 100 == 99)
                {
                    Rotate();
                }
            }
        });
        while (!writing.IsCompleted)
        {
            Poll();
        }

        await writing;
        Poll();
        Assert.Equal(Runs(Events), _seen);
        Assert.Equal(0u, _counters[Counter.LostAuditGaps]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("{\"inode\":-1,\"offset\":0,\"head_length\":0,\"head_sha256\":\"\",\"time\":0,\"serial\":0}")]
    [InlineData("{\"inode\":1,\"offset\":\"x\",\"head_length\":0,\"head_sha256\":\"\",\"time\":0,\"serial\":0}")]
    public void A_cursor_that_is_damaged_is_none(string text)
    {
        File.WriteAllText(_directory.File(AuditCursor.FileName), text);
        Assert.Null(AuditCursor.TryLoad(_directory.Path));
    }

    private static IEnumerable<string> Runs(int count) => Enumerable.Range(0, count).Select(static i => string.Create(CultureInfo.InvariantCulture, $"run {i}"));

    private (AuditReading, AuditTail) Open()
    {
        AuditTail? tail = null;
        var reading = new AuditReading(static (_, _) => true, exec => _seen.AddRange(tail!.WasPassedOn(exec) ? [] : [exec.Argv.ToString()]), new Counters());
        tail = new AuditTail(Log, reading, _counters, _time, NullLogger.Instance);
        return (reading, tail);
    }

    private void Begin(AuditCursor? cursor = null)
    {
        _tail.Dispose();
        (_reading, _tail) = Open();
        _tail.Begin(cursor);
    }

    private void Poll()
    {
        while (_tail.Poll())
        {
        }
    }

    private AuditCursor SavedCursor()
    {
        Assert.Null(_tail.Cursor()!.Save(_directory.Path));
        return AuditCursor.TryLoad(_directory.Path)!;
    }

    private string Text()
    {
        byte[][] argv = [.. new[] { "run", string.Create(CultureInfo.InvariantCulture, $"{_number}") }.Select(Encoding.UTF8.GetBytes)];
        return string.Concat(_writer.Write(Some.Time.AddMilliseconds(_number), (ulong)_number++, argv).Select(static line => Encoding.Latin1.GetString(line) + "\n"));
    }

    private void Write(int events)
    {
        for (int i = 0; i < events; i++)
        {
            File.AppendAllText(Log, Text());
        }
    }

    private sealed class Afternoon : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Some.Time.AddHours(6);
    }

    /// <summary>As auditd does.</summary>
    private void Rotate()
    {
        for (int i = 60; i > 0; i--)
        {
            string from = i == 1 ? Log : $"{Log}.{i - 1}";
            if (File.Exists(from))
            {
                File.Move(from, $"{Log}.{i}", overwrite: true);
            }
        }

        File.WriteAllText(Log, "");
    }

    /// <summary>As logrotate does.</summary>
    private void CopyAndTruncate()
    {
        File.Copy(Log, Log + ".1", overwrite: true);
        File.WriteAllText(Log, "");
    }
}
