using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Tallyman.Agent.Tests.Packaging;

/// <summary>What is shipped for Prometheus and Grafana goes with what the agent says.</summary>
public sealed partial class MonitoringTests
{
    private const string Rules = "packaging/prometheus/tallyman.rules.yml";
    private const string Dashboard = "packaging/grafana/tallyman.json";

    private static string Metrics => File.ReadAllText(Repository.Path("tests/Agent.Tests/golden/metrics.txt"));

    [Theory]
    [InlineData(Rules)]
    [InlineData(Dashboard)]
    [InlineData("docs/operations.md")]
    public void Every_metric_that_is_asked_for_is_there(string file)
    {
        HashSet<string> metrics = [.. TypePattern().Matches(Metrics).Select(static match => match.Groups[1].Value)];
        string[] asked = [.. NamePattern().Matches(File.ReadAllText(Repository.Path(file))).Select(static match => match.Groups[1].Value).Distinct()];

        Assert.InRange(asked.Length, 8, int.MaxValue);
        Assert.Empty(asked.Except(metrics));
    }

    [Fact]
    public void Every_metric_is_documented()
    {
        string documented = File.ReadAllText(Repository.Path("docs/operations.md"));
        Assert.All(TypePattern().Matches(Metrics), match => Assert.Contains($"`{match.Groups[1].Value}", documented, StringComparison.Ordinal));
    }

    [Fact]
    public void Panels_of_the_dashboard_have_places_and_numbers_of_their_own_and_something_to_show()
    {
        using JsonDocument dashboard = JsonDocument.Parse(File.ReadAllText(Repository.Path(Dashboard)));
        JsonElement[] panels = [.. dashboard.RootElement.GetProperty("panels").EnumerateArray()];

        Assert.Equal(panels.Length, panels.Select(static panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        Assert.Equal(panels.Length, panels.Select(static panel => panel.GetProperty("gridPos")).Select(static place => (place.GetProperty("x").GetInt32(), place.GetProperty("y").GetInt32())).Distinct().Count());
        Assert.All(panels, static panel => Assert.NotEmpty(panel.GetProperty("targets").EnumerateArray()));
    }

    [PromtoolFact]
    public void The_rules_of_alerts_do_what_their_tests_say()
    {
        Succeeds("check", "rules", Repository.Path(Rules));
        Succeeds("test", "rules", Repository.Path("packaging/prometheus/tallyman.rules.test.yml"));
    }

    [Fact]
    public void Every_rule_has_a_test()
    {
        string tests = File.ReadAllText(Repository.Path("packaging/prometheus/tallyman.rules.test.yml"));
        Assert.All(AlertPattern().Matches(File.ReadAllText(Repository.Path(Rules))), match => Assert.Contains($"alertname: {match.Groups[1].Value}\n        exp_alerts:\n", tests, StringComparison.Ordinal));
    }

    [PromtoolFact]
    public void Prometheus_finds_nothing_wrong_with_the_metrics()
    {
        Programs.Outcome outcome = Programs.Run(new System.Diagnostics.ProcessStartInfo(PromtoolFactAttribute.Path!, ["check", "metrics"]), Metrics);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Output + outcome.Error));
    }

    /// <summary>Grafana knows the variables, promtool does not.</summary>
    [PromtoolFact]
    public void Prometheus_understands_what_the_dashboard_asks()
    {
        using JsonDocument dashboard = JsonDocument.Parse(File.ReadAllText(Repository.Path(Dashboard)));
        IEnumerable<string> expressions = dashboard.RootElement.GetProperty("panels").EnumerateArray()
            .SelectMany(static panel => panel.GetProperty("targets").EnumerateArray())
            .Select(static target => target.GetProperty("expr").GetString()!.Replace("$__rate_interval", "5m", StringComparison.Ordinal));
        using var directory = new TemporaryDirectory();
        string file = directory.File("rules.yml");
        File.WriteAllText(file, "groups:\n- name: dashboard\n  rules:\n" + string.Concat(expressions.Select(static (expression, i) => $"  - {{ record: \"panel:{i}\", expr: {JsonSerializer.Serialize(expression)} }}\n")));
        Succeeds("check", "rules", file);
    }

    [PromtoolTheory]
    [InlineData("docs/operations.md", "\n\n((?:    .+\n)*    sum by \\(instance\\) \\(tallyman_events_total(?:.*\n    )*.*)\n")]
    [InlineData(Dashboard, "\"(sum by \\(instance\\) \\(tallyman_events_total.*)\",\n")]
    public void The_law_of_conservation_holds_whether_or_not_something_was_suppressed(string file, string pattern)
    {
        string law = Regex.Match(File.ReadAllText(Repository.Path(file)), pattern).Groups[1].Value.Replace("\\\"", "\"", StringComparison.Ordinal).Replace("$instance", ".+", StringComparison.Ordinal);
        (string Series, int Value)[] series =
        [
            ("tallyman_events_total{source=\"ebpf\",instance=\"quiet\"}", 7), ("tallyman_acked_total{instance=\"quiet\"}", 6), ("tallyman_alerts_pending{instance=\"quiet\"}", 1),
            ("tallyman_events_lost_total{reason=\"queue_full\",instance=\"quiet\"}", 0),
            ("tallyman_events_total{source=\"ebpf\",instance=\"storm\"}", 30), ("tallyman_events_total{source=\"start\",instance=\"storm\"}", 3), ("tallyman_acked_total{instance=\"storm\"}", 6),
            ("tallyman_alerts_suppressed_total{rule=\"A\",instance=\"storm\"}", 5), ("tallyman_alerts_suppressed_total{rule=\"B\",instance=\"storm\"}", 8),
            ("tallyman_events_not_interesting_total{instance=\"storm\"}", 4), ("tallyman_alerts_excepted_total{instance=\"storm\"}", 2), ("tallyman_alerts_pending{instance=\"storm\"}", 3),
            ("tallyman_events_lost_total{reason=\"spool_evicted\",instance=\"storm\"}", 4), ("tallyman_events_lost_total{reason=\"binary_gone\",instance=\"storm\"}", 9),
        ];
        using var directory = new TemporaryDirectory();
        string test = directory.File("test.yml");
        File.WriteAllText(test, "tests:\n- interval: 1m\n  input_series:\n"
            + string.Concat(series.Select(static each => $"  - {{ series: {JsonSerializer.Serialize(each.Series.Replace("{", "{job=\"tallyman\",", StringComparison.Ordinal))}, values: \"{each.Value}\" }}\n"))
            + $"  promql_expr_test:\n  - expr: {JsonSerializer.Serialize(law)}\n    eval_time: 0m\n"
            + "    exp_samples: [{ labels: '{instance=\"quiet\"}', value: 0 }, { labels: '{instance=\"storm\"}', value: 1 }]\n");

        Succeeds("test", "rules", test);
    }

    private static void Succeeds(params string[] arguments)
    {
        Programs.Outcome outcome = Programs.Run(PromtoolFactAttribute.Path!, arguments);
        Assert.True(outcome.ExitCode == 0, outcome.Output + outcome.Error);
    }

    [GeneratedRegex("^# TYPE (\\S+) ", RegexOptions.Multiline)]
    private static partial Regex TypePattern();

    [GeneratedRegex("\\b((?:tallyman|process)_[a-z_]*?)(?:_bucket|_sum|_count)?\\b(?![._-]?(?:yml|json|sock))")]
    private static partial Regex NamePattern();

    [GeneratedRegex("- alert: (\\S+)")]
    private static partial Regex AlertPattern();
}
