using System.Diagnostics;
using Tallyman.Agent.Tests.Sources.Auditd;
using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>Both programs where standard input, output or error is closed, full, or nobody's any more.</summary>
public sealed class StandardStreamsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("$tallyman replay - <&-", 69, "tallyman: - cannot be read: standard input is closed\n")]
    [InlineData("$tallyman replay - <&- >&-", 69, "tallyman: - cannot be read: standard input is closed\n")]
    [InlineData("$tallyman replay - </", 69, "tallyman: - cannot be read: ")]
    [InlineData("$tallyman score --jsonl <&-", 74, "tallyman: standard input is closed\n")]
    [InlineData("$tallyman replay $log >/dev/full", 74, "tallyman: standard output cannot be written: No space left on device\n")]
    [InlineData("$tallyman replay $log >&-", 74, "tallyman: standard output cannot be written: it is closed\n")]
    [InlineData("$tallyman replay $log <&- >&-", 74, "tallyman: standard output cannot be written: it is closed\n")]
    [InlineData("$tallyman replay $log >$log.out 2>&-", 1, "")]
    [InlineData("$tallyman replay $log >$log.out 2>/dev/full", 1, "")]
    [InlineData("$tallyman replay $log <&- >&- 2>&-", 74, "")]
    [InlineData("$tallyman replay /nowhere 2>&-", 69, "")]
    [InlineData("$tallyman replay --json $log $log.more | head -c1 >/dev/null; exit ${PIPESTATUS[0]}", 1, "")]
    [InlineData("$tallyman version >&-", 74, "tallyman: standard output cannot be written: it is closed\n")]
    [InlineData("$tallyman --help >/dev/full", 74, "tallyman: standard output cannot be written: No space left on device\n")]
    [InlineData("$tallyman score -- docker ps >/dev/full", 74, "tallyman: standard output cannot be written: No space left on device\n")]
    [InlineData("$tallyman redact -- docker ps >&-", 74, "tallyman: standard output cannot be written: it is closed\n")]
    [InlineData("$tallyman nonsense 2>&-", 64, "")]
    [InlineData("$collector --help >&-", 74, "tallyman-collector: standard output cannot be written: it is closed\n")]
    [InlineData("$collector --nonsense 2>/dev/full", 64, "")]
    public void End_with_a_sentence_and_a_code(string line, int code, string message)
    {
        var random = new Random(1);
        string log = _directory.File("audit.log");
        File.WriteAllBytes(log, [.. new AuditWriter(random).Write(Some.Time, 1, ["docker"u8.ToArray(), "run"u8.ToArray(), "--privileged"u8.ToArray(), "x"u8.ToArray()]).SelectMany(static record => record.Append((byte)'\n'))]);
        using (var more = new FileStream(log + ".more", FileMode.Create))
        {
            for (ulong serial = 2; serial < 2000; serial++)
            {
                new AuditWriter(random).Write(Some.Time, serial, ["docker"u8.ToArray(), "run"u8.ToArray(), "--privileged"u8.ToArray(), "x"u8.ToArray()]).ForEach(record => more.Write([.. record, (byte)'\n']));
            }
        }

        Programs.Outcome outcome = Programs.Run(new ProcessStartInfo("timeout", ["--signal=KILL", "60", "bash", "-c", line])
        {
            Environment = { ["tallyman"] = Programs.Agent, ["collector"] = Programs.Collector, ["log"] = log },
        });

        Assert.True(code == outcome.ExitCode, $"{line} ended with {outcome.ExitCode}: {outcome.Error}");
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", outcome.Error, StringComparison.Ordinal);
        Assert.True(outcome.Error.Split('\n').Length <= 5, outcome.Error);
        if (File.Exists(log + ".out"))
        {
            Assert.Contains("PRIVILEGED", File.ReadAllText(log + ".out"), StringComparison.Ordinal);
        }
    }
}
