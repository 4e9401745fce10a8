using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tallyman.Cli;
using Xunit;

namespace Tallyman.Agent.Tests.Proto.Cli;

public sealed class MessageFormatterTests : IDisposable
{
    private readonly ClockByHand _clock = new();
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private MessageFormatter? _formatter;

    public void Dispose()
    {
        _formatter?.Dispose();
        _output.Dispose();
    }

    [Theory]
    [InlineData(LogFormat.Text, LogLevel.Information, "08:00:01Z The spool in /var is full\n")]
    [InlineData(LogFormat.Text, LogLevel.Warning, "08:00:01Z warning: The spool in /var is full\n")]
    [InlineData(LogFormat.Text, LogLevel.Error, "08:00:01Z error: The spool in /var is full\n")]
    [InlineData(LogFormat.Journal, LogLevel.Debug, "<7>The spool in /var is full\n")]
    [InlineData(LogFormat.Journal, LogLevel.Information, "<6>The spool in /var is full\n")]
    [InlineData(LogFormat.Journal, LogLevel.Warning, "<4>The spool in /var is full\n")]
    [InlineData(LogFormat.Journal, LogLevel.Error, "<3>The spool in /var is full\n")]
    [InlineData(LogFormat.Journal, LogLevel.Critical, "<2>The spool in /var is full\n")]
    [InlineData(LogFormat.Json, LogLevel.Warning, "{\"time\":\"2026-11-22T08:00:01.000Z\",\"level\":\"warning\",\"id\":\"Tallyman.Spool.LogFull\",\"message\":\"The spool in /var is full\",\"fields\":{\"directory\":\"/var\",\"records\":7}}\n")]
    public void A_message_is_a_line(LogFormat format, LogLevel level, string line)
    {
        Say(format, level, "The spool in /var is full");
        Assert.Equal(line, _output.ToString());
    }

    [Theory]
    [InlineData(LogFormat.Text, @"08:00:01Z a\x0a<0>b\x1b[2J\u{202e} é \x41")]
    [InlineData(LogFormat.Journal, @"<6>a\x0a<0>b\x1b[2J\u{202e} é \x41")]
    [InlineData(LogFormat.Json, "\"message\":\"a\\n\\u003C0\\u003Eb\\u001B[2J\\u202E \\u00E9 \\\\x41\"")]
    public void What_would_be_a_line_of_its_own_or_an_order_to_a_terminal_is_escaped_and_what_is_escaped_stays(LogFormat format, string text)
    {
        Say(format, LogLevel.Information, "a\n<0>b\x1b[2J\u202e é \\x41");
        Assert.Contains(text, _output.ToString(), StringComparison.Ordinal);
        Assert.Single(_output.ToString(), '\n');
    }

    [Fact]
    public void An_exception_is_within_the_line()
    {
        Say(LogFormat.Text, LogLevel.Error, "Failed", new InvalidOperationException("one\ntwo"));
        Assert.Equal("08:00:01Z error: Failed: System.InvalidOperationException: one | two\n", _output.ToString());
    }

    [Fact]
    public void What_is_said_again_and_again_is_said_a_few_times_and_then_once_with_a_count()
    {
        Repeat(100);
        Assert.Equal(RepeatedMessages.SaidAtMost, Lines().Length);

        _clock.Advance(RepeatedMessages.Window + TimeSpan.FromSeconds(10));
        Assert.Equal("08:01:01Z Again (and 95 times more)", Lines()[^1]);
        Assert.Equal(RepeatedMessages.SaidAtMost + 1, Lines().Length);

        Repeat(2); // the next minute
        Assert.Equal(RepeatedMessages.SaidAtMost + 3, Lines().Length);
        Say(LogFormat.Text, LogLevel.Warning, "Again"); // is another
        Assert.EndsWith("warning: Again", Lines()[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void At_the_end_what_was_not_said_is_counted()
    {
        Repeat(7);
        _formatter!.Dispose();
        _formatter = null;
        Assert.Equal("08:00:01Z Again (and 2 times more)", Lines()[^1]);
    }

    [Fact]
    public void In_JSON_the_count_is_a_field()
    {
        for (int i = 0; i < 7; i++)
        {
            Say(LogFormat.Json, LogLevel.Information, "Again");
        }

        _clock.Advance(RepeatedMessages.Window);
        Assert.EndsWith(",\"repeated\":2}", Lines()[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Too_many_different_messages_are_all_said()
    {
        for (int i = 0; i < 1000; i++)
        {
            Say(LogFormat.Text, LogLevel.Information, $"{i}");
        }

        Assert.Equal(1000, Lines().Length);
    }

    [Theory]
    [InlineData("8:12345", "socket:[12345]", true)]
    [InlineData("8:12345", "socket:[123456]", false)]
    [InlineData("8:12345", "pipe:[12345]", false)]
    [InlineData("8:12345", "/dev/pts/0", false)]
    [InlineData("8:12345", null, false)]
    [InlineData("12345", "socket:[12345]", false)]
    [InlineData("8:", "socket:[]", false)]
    [InlineData("", "socket:[]", false)]
    [InlineData(null, "socket:[12345]", false)]
    public void The_journal_is_there_where_standard_error_is_its_socket(string? journalStream, string? standardError, bool isJournal) =>
        Assert.Equal(isJournal, LogFormats.IsOfJournal(journalStream, standardError));

    private void Repeat(int times)
    {
        for (int i = 0; i < times; i++)
        {
            Say(LogFormat.Text, LogLevel.Information, "Again");
        }
    }

    private string[] Lines() => _output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private void Say(LogFormat format, LogLevel level, string text, Exception? exception = null)
    {
        _formatter ??= new MessageFormatter(format, _clock, _output);
        KeyValuePair<string, object?>[] fields = [new("Directory", "/var"), new("Records", 7), new("{OriginalFormat}", "…")];
        _formatter.Write(new LogEntry<IReadOnlyList<KeyValuePair<string, object?>>>(level, "Tallyman.Spool", new EventId(1, "LogFull"), fields, exception, (_, _) => text), null, _output);
    }
}
