using System.Text.Json.Nodes;
using Tallyman.Cli;
using Tallyman.Collector.Cli;
using Tallyman.Collector.Store;
using Tallyman.Collector.Tests.Export;
using Xunit;

namespace Tallyman.Collector.Tests.Cli;

public class ExportCommandTests
{
    [Theory]
    [InlineData("alerts", "json", 250)]
    [InlineData("alerts", "text", 250)]
    [InlineData("alerts", "csv", 251)]
    [InlineData("alerts", "ecs", 250)]
    [InlineData("alerts", "ocsf", 250)]
    [InlineData("alerts", "otlp", 3)]
    [InlineData("gaps", "json", 1)]
    [InlineData("gaps", "csv", 2)]
    [InlineData("gaps", "ecs", 1)]
    [InlineData("gaps", "otlp", 1)]
    [InlineData("trail", "json", 1)]
    [InlineData("trail", "csv", 2)]
    [InlineData("findings", "json", 1)]
    [InlineData("findings", "csv", 2)]
    [InlineData("findings", "ecs", 1)]
    [InlineData("findings", "otlp", 1)]
    [InlineData("hosts", "json", 1)]
    [InlineData("collectors", "json", 1)]
    [InlineData("forwarders", "json", 1)]
    public async Task Each_record_is_a_line(string what, string format, int lines)
    {
        List<string> all = await ExportCommand.Lines(new Stored(250), what, format, default).ToListAsync();
        Assert.Equal(lines, all.Count);
        if (format is "json" or "ecs" or "ocsf" or "otlp")
        {
            all.ForEach(static line => Assert.IsType<JsonObject>(JsonNode.Parse(line)));
        }
    }

    [Theory]
    [InlineData("gaps", "ocsf")]
    [InlineData("gaps", "text")]
    [InlineData("trail", "ecs")]
    [InlineData("findings", "ocsf")]
    [InlineData("hosts", "csv")]
    [InlineData("forwarders", "otlp")]
    public void What_a_format_has_no_place_for_is_refused(string what, string format) =>
        Assert.Contains(
            $"--format {format} has no place for {what}",
            Assert.Throws<UserException>(() => ExportCommand.Lines(new Stored(1), what, format, default)).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("alerts", "otlp")]
    [InlineData("alerts", "csv")]
    [InlineData("alerts", "ecs")]
    [InlineData("alerts", "ocsf")]
    public async Task No_more_is_read_than_is_asked_for(string what, string format)
    {
        var store = new Stored(int.MaxValue);
        await ExportCommand.Lines(store, what, format, default).Take(20).CountAsync();
        Assert.InRange(store.Read, 19, 2001);
    }

    /// <summary>A store of so many alerts.</summary>
    private sealed class Stored(int alerts) : IStoreReader
    {
        public int Read { get; private set; }

        public async IAsyncEnumerable<StoredAlert> ReadAlertsAsync(DateTimeOffset since)
        {
            for (Read = 0; Read < alerts;)
            {
                Read++;
                yield return Some.Alert($"x{Read}");
            }

            await Task.CompletedTask;
        }

        public IAsyncEnumerable<StoredGap> ReadGapsAsync(DateTimeOffset since) => new[] { Some.Gap }.ToAsyncEnumerable();

        public IAsyncEnumerable<StoredTrail> ReadTrailAsync(DateTimeOffset since) =>
            new[] { new StoredTrail("a", new TrailRow(3, Some.Time, "exception_hits", "ci: 2, 2 since the agent runs")) }.ToAsyncEnumerable();

        public IAsyncEnumerable<Finding> ReadFindingsAsync(DateTimeOffset since) => new[] { Some.Finding }.ToAsyncEnumerable();

        public IAsyncEnumerable<StoredHost> ReadHostsAsync() => new[] { new StoredHost("a", "h", "1", Some.Time, null, "{}") }.ToAsyncEnumerable();

        public IAsyncEnumerable<CollectorState> ReadCollectorsAsync() => new[] { new CollectorState("c", Some.Time, "{}") }.ToAsyncEnumerable();

        public IAsyncEnumerable<ForwarderState> ReadForwardersAsync() => new[] { new ForwarderState("splunk", Some.Time, new Progress(9, 8, 7, 6), 5) }.ToAsyncEnumerable();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
