using Google.Protobuf;
using Tallyman.Agent.Alerts;
using Xunit;

namespace Tallyman.Agent.Tests;

public sealed class AlertPrinterTests
{
    [Fact]
    public async Task What_nobody_reads_takes_no_more_memory_than_it_may()
    {
        using var output = new Reader();
        var feed = new AlertFeed();
        using var printer = new AlertPrinter(PrintFormat.Json, output, colour: false, feed, mostBytes: 1_000_000);
        await printer.StartAsync(default);
        feed.Add(Alert(0), 1);
        await output.Begun; // it is written, but not read
        for (ulong i = 0; i < 50; i++)
        {
            feed.Add(Alert(100_000), i + 2);
        }

        output.Read();
        await printer.StopAsync(default);
        Assert.Equal(1 + 9, output.Lines);
    }

    private static V1.Alert Alert(int bytes)
    {
        var alert = new V1.Alert { CommandLine = new V1.CommandLine() };
        alert.CommandLine.Argv.Add(ByteString.CopyFrom(new byte[bytes]));
        return alert;
    }

    /// <summary>A pipe whose reader is slow.</summary>
    private sealed class Reader : StringWriter
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _reads = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Begun => _begun.Task;

        public int Lines { get; private set; }

        public void Read() => _reads.SetResult();

        public override async Task WriteLineAsync(string? value)
        {
            _begun.TrySetResult();
            await _reads.Task;
            Lines++;
        }
    }
}
