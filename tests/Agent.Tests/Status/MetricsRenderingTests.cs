using System.Text.RegularExpressions;
using Tallyman.Agent.Status;
using Xunit;

namespace Tallyman.Agent.Tests.Status;

public partial class MetricsRenderingTests
{
    private readonly ClockByHand _clock = new();
    private readonly Counters _counters = new();
    private readonly Health _health = new();
    private readonly DeliveryStatus _delivery;
    private readonly List<KeyValuePair<string, ulong>> _others = [];

    public MetricsRenderingTests() => _delivery = new DeliveryStatus(_clock);

    [Fact]
    public void All_that_is_measured_is_in_the_golden_file()
    {
        foreach (Counter counter in Enum.GetValues<Counter>())
        {
            _counters.Add(counter, 100 + (ulong)counter);
        }

        ulong number = 1000;
        _others.AddRange(new[]
        {
            "kernel_ignored", "kernel_sent_watched", "kernel_sent_unknown", "kernel_lost_watched", "kernel_lost_unknown", "kernel_missed", "kernel_run_nanoseconds",
            "source_ebpf", "pending_alerts", "unaccounted", "spool_bytes", "spool_max_bytes", "spool_records", "tls_certificate_expires",
            "spool_oldest", "configuration_read", "ring_watched_bytes", "ring_unknown_bytes", "ring_watched_size_bytes", "ring_unknown_size_bytes",
        }.Select(name => KeyValuePair.Create(name, number++)));
        _counters.Alerts.Add("critical", "docker", "PRIVILEGED");
        _counters.Suppressed.Add("PRIVILEGED");
        _counters.Indicators.Add("PRIVILEGED");
        _delivery.End("Unavailable");
        _health[Ailment.CollectorAway] = "refused";
        _delivery.Begin("https://a.example:7610");
        _delivery.Welcome();
        _delivery.Acknowledged();
        _delivery.Latency.Add(0.02);
        _delivery.Latency.Add(100_000);
        _health[Ailment.ConfigurationRefused] = "a mistake";

        Golden.Check("metrics.txt", Write());
    }

    [Fact]
    public void The_text_is_what_Prometheus_reads()
    {
        _counters.Alerts.Add("critical", "docker", "PRIVILEGED");
        _counters.Suppressed.Add("PRIVILEGED");
        _counters.Indicators.Add("PRIVILEGED");
        _delivery.End("Unavailable");

        string[] lines = Write().TrimEnd('\n').Split('\n');
        string name = "";
        foreach (string line in lines)
        {
            if (line.StartsWith('#'))
            {
                Assert.Matches("^# (HELP [a-z_]+ .+[.;]?|TYPE [a-z_]+ (counter|gauge|histogram))$", line);
                name = line.Split(' ')[2];
            }
            else
            {
                Assert.Matches(SampleOf(), line);
                Assert.StartsWith(name, line, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Counters_end_in_total_and_others_do_not()
    {
        foreach (string line in Write().Split('\n').Where(static line => line.StartsWith("# TYPE", StringComparison.Ordinal)))
        {
            string[] words = line.Split(' ');
            Assert.Equal(words[3] == "counter", words[2].EndsWith("_total", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Every_counter_that_is_lost_has_a_reason_and_each_reason_is_one_of_the_gaps()
    {
        string[] lost = [.. Enum.GetNames<Counter>().Select(System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName).Where(static name => name.StartsWith("lost_", StringComparison.Ordinal))];
        Assert.Empty(lost.Except(Losses.Reported.Concat(Losses.InSpool).Select(static row => row.Counter)));

        string documented = File.ReadAllText(Repository.Path("docs/delivery.md"));
        Assert.All(Losses.Of(new Dictionary<string, ulong>()), reason => Assert.Contains($"`{reason.Key}`", documented, StringComparison.Ordinal));
    }

    [Fact]
    public void Values_of_labels_are_whatever_they_are() =>
        Assert.Equal("a=\"\\\"\\\\\\n\",b=\"é\"", PrometheusText.Labels(("a", "\"\\\n"), ("b", "é")));

    [Fact]
    public void A_tally_has_so_many_series_and_no_more_and_its_sum_stays_the_total()
    {
        var tally = new Tally("number", "sign");
        for (int i = 0; i < Tally.MostSeries * 2; i++)
        {
            tally.Add($"{i}", "+");
            tally.Add("0", "+");
        }

        Assert.Equal(Tally.MostSeries + 1, tally.Read().Count());
        Assert.Equal((Tally.MostSeries * 2) + 1ul, tally.Read().Single(static count => count.Key == "number=\"0\",sign=\"+\"").Value);
        Assert.Equal((ulong)Tally.MostSeries, tally.Read().Single(static count => count.Key == "number=\"other\",sign=\"other\"").Value);
    }

    [Fact]
    public void Where_nothing_waits_there_is_no_oldest_record()
    {
        Assert.DoesNotContain("\ntallyman_spool_oldest_timestamp_seconds ", Write(), StringComparison.Ordinal);

        _others.Add(new("spool_oldest", 7));
        Assert.Contains("\ntallyman_spool_oldest_timestamp_seconds 7\n", Write(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Max open files            1024                 524288               files", 1024)]
    [InlineData("Max open files            unlimited            unlimited            files", ulong.MaxValue)]
    [InlineData("Max processes             1                    1                    processes", ulong.MaxValue)]
    [InlineData("Max open files", ulong.MaxValue)]
    public void How_many_files_may_be_open_is_the_soft_limit(string line, ulong most) =>
        Assert.Equal(most, ProcessNumbers.MostDescriptorsIn(["Limit                     Soft Limit           Hard Limit           Units", line]));

    [Fact]
    public void A_process_has_fewer_files_open_than_it_may() =>
        Assert.InRange(ProcessNumbers.Read() is ProcessNumbers self ? (ulong)self.Descriptors : 0, 3ul, ProcessNumbers.Read().MostDescriptors - 1);

    [Fact]
    public void A_histogram_counts_up_to_each_bound()
    {
        var histogram = new Histogram([1, 2]);
        foreach (double value in new[] { 0.5, 1, 1.5, 2, 3 })
        {
            histogram.Add(value);
        }

        Assert.Equal("1 2, 2 4, Infinity 5", string.Join(", ", histogram.Read().UpTo.Select(static bucket => $"{bucket.Bound} {bucket.Count}")));
        Assert.Equal(8, histogram.Read().Sum);
    }

    [Fact]
    public void One_line_tells_of_source_losses_and_ailments_whatever_they_say()
    {
        _others.Add(new("source_ebpf", 1));
        _others.Add(new("kernel_lost_watched", 3));
        _counters.Add(Counter.Alerts, 7);
        _counters.Add(Counter.LostSpoolEvicted, 2);
        _health[Ailment.CollectorAway] = "a\nREADY=1" + new string('x', 1000);

        string line = Report().Line();
        Assert.StartsWith("Seeing through ebpf, alerts 7, waiting 0, lost 5; collector_away: a\\x0aREADY=1xxx", line, StringComparison.Ordinal);
        Assert.InRange(line.Length, 100, 300);
    }

    private StatusReport Report() => new(_counters, _health, () => _others);

    private string Write() => new Metrics(
        "1.2.3+abc", static () => ["https://a.example:7610", "https://b.example:7610"], Report(), _counters, _delivery,
        static () => new ProcessNumbers(TimeSpan.FromSeconds(1.5), 4096, 5, 1024, 6, Some.Time)).Write();

    [GeneratedRegex("^[a-z_]+(\\{[a-z_]+=\"([^\"\\\\]|\\\\.)*\"(,[a-z_]+=\"([^\"\\\\]|\\\\.)*\")*\\})? [0-9.+eEInf-]+$")]
    private static partial Regex SampleOf();
}
