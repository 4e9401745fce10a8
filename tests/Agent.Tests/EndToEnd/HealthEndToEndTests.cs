using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>What the built agent tells of itself: to Prometheus, to those who probe it, to people.</summary>
public sealed partial class HealthEndToEndTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _http = new() { BaseAddress = CollectorProcess.FreeAddress("http") };
    private RunningAgent? _running;

    public void Dispose()
    {
        _running?.Dispose();
        _http.Dispose();
        _directory.Dispose();
    }

    [KernelFact]
    public async Task The_law_of_conservation_can_be_computed_from_what_Prometheus_reads()
    {
        RunningAgent running = Start();
        Execute("run", "--privileged", "first");
        Execute("ps");
        Execute("run", "--net=host", "last");
        running.AlertWith("last");
        running.Deliver();

        Dictionary<string, double> metrics = await QuietAsync();
        Assert.InRange(Sum(metrics, "tallyman_events_total"), 3, double.MaxValue);
        Assert.InRange(metrics["tallyman_acked_total"], 2, double.MaxValue);
        Assert.Equal(Sum(metrics, "tallyman_events_total"), Accounted(metrics));
        Assert.Equal(Sum(metrics, "tallyman_alerts_total"), metrics["tallyman_acked_total"]);
        Assert.InRange(metrics["tallyman_alerts_total{severity=\"high\",tool=\"docker\",rule=\"PRIVILEGED\"}"], 1, double.MaxValue);
        Assert.All(["watched", "unknown"], ring => Assert.InRange(metrics[$"tallyman_ringbuf_bytes{{ring=\"{ring}\"}}"], 0, metrics[$"tallyman_ringbuf_size_bytes{{ring=\"{ring}\"}}"] - 1));
        Assert.DoesNotContain("tallyman_spool_oldest_timestamp_seconds", metrics.Keys);
        Assert.InRange(metrics["process_open_fds"], 10, metrics["process_max_fds"]);
        Assert.Equal(metrics["tallyman_acked_total"], metrics["tallyman_delivery_latency_seconds_count"]);
        Assert.Equal(1, metrics[$"tallyman_collector_connected{{collector=\"{running.Collector.GetLeftPart(UriPartial.Authority)}\"}}"]);
        Assert.InRange(metrics["tallyman_last_ack_timestamp_seconds"], metrics["process_start_time_seconds"], double.MaxValue);

        // docs/operations.md has it for those who compute it in Prometheus.
        static double Accounted(Dictionary<string, double> metrics) =>
            new[] { "tallyman_acked_total", "tallyman_alerts_suppressed_total", "tallyman_alerts_excepted_total", "tallyman_events_not_interesting_total", "tallyman_alerts_pending" }.Sum(name => metrics.GetValueOrDefault(name) + Sum(metrics, name))
            + metrics.Where(static sample => LostAfterwards().IsMatch(sample.Key)).Sum(static sample => sample.Value);
    }

    [KernelFact]
    public async Task A_dead_collector_degrades_it_and_a_dead_agent_is_dead()
    {
        RunningAgent running = Start();
        string collector = running.Collector.GetLeftPart(UriPartial.Authority);
        running.Until(() => Status(running).Output.Contains("connected", StringComparison.Ordinal), "the agent is healthy");
        Assert.Matches($"^healthy +tallyman .* pid {running.Agent.Id}, (.|\n)*collector +{collector} connected\n", Status(running).Output);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK), (await ProbeAsync("/startupz"), await ProbeAsync("/livez"), await ProbeAsync("/readyz")));
        Assert.Equal(HttpStatusCode.NotFound, await ProbeAsync("/status")); // only through the socket

        running.KillCollector();
        running.Until(() => Status(running).ExitCode == 1, "the agent is degraded");
        Assert.Matches("^degraded (.|\n)*  wrong +collector_away: ", Status(running).Output);
        JsonElement page = JsonDocument.Parse(Status(running, "--json").Output).RootElement;
        Assert.Equal(("degraded", "ebpf"), (page.GetProperty("state").GetString(), page.GetProperty("source").GetString()));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (await ProbeAsync("/livez"), await ProbeAsync("/readyz")));
        Assert.Equal((0, "ok\n"), (Status(running, "--probe", "live").ExitCode, Status(running, "--probe", "ready").Output));

        running.Agent.Kill();
        running.Agent.WaitForExit();
        Programs.Outcome dead = Status(running);
        Assert.Equal((2, ""), (dead.ExitCode, dead.Output));
        Assert.StartsWith($"tallyman: no agent answers at {running.State}/tallyman.sock: Connection refused: start it ", dead.Error, StringComparison.Ordinal);
        Assert.Equal(2, Status(running, "--probe", "live").ExitCode);
    }

    [KernelFact]
    public void A_second_agent_takes_neither_state_nor_address_nor_socket_from_the_first()
    {
        RunningAgent running = Start();
        Programs.Outcome state = Programs.Run(Programs.Agent, "run", "--state", running.State);
        Programs.Outcome address = Programs.Run(Programs.Agent, "run", "--state", _directory.File("other"), "--listen", _http.BaseAddress!.Authority);
        Programs.Outcome socket = Programs.Run("env", $"RUNTIME_DIRECTORY={running.State}", Programs.Agent, "run", "--state", _directory.File("other"));

        Assert.Equal((69, $"tallyman: another agent uses {running.State}: stop it, or give this one a directory of its own with --state"), (state.ExitCode, state.Error.TrimEnd()));
        Assert.Equal((69, $"tallyman: --listen: {_http.BaseAddress!.Authority}: Address already in use"), (address.ExitCode, address.Error.TrimEnd()));
        Assert.Equal((69, $"tallyman: another agent listens at {running.State}/tallyman.sock: stop it, or give this one a directory of its own"), (socket.ExitCode, socket.Error.TrimEnd()));
        running.Until(() => Status(running).ExitCode == 0, "the first goes on");
    }

    private RunningAgent Start() =>
        _running = RunningAgent.Start(_directory.File("data"), "--listen", _http.BaseAddress!.Authority);

    private static Programs.Outcome Status(RunningAgent running, params string[] arguments) =>
        Programs.Run(Programs.Agent, ["status", "--state", running.State, .. arguments]);

    private void Execute(params string[] words)
    {
        string docker = _directory.File("docker");
        if (!File.Exists(docker))
        {
            File.Copy("/bin/true", docker);
        }

        Programs.Run(docker, words);
    }

    private async Task<HttpStatusCode> ProbeAsync(string path) => (await _http.GetAsync(new Uri(path, UriKind.Relative))).StatusCode;

    /// <summary>What Prometheus reads when nothing is under way, on a machine where others execute things, too.</summary>
    private async Task<Dictionary<string, double>> QuietAsync()
    {
        Dictionary<string, double> metrics = [];
        for (int i = 0; i < 1000 && (metrics.Count == 0 || metrics["tallyman_unaccounted"] != 0 || metrics["tallyman_alerts_pending"] != 0); i++)
        {
            metrics = (await _http.GetStringAsync(new Uri("/metrics", UriKind.Relative))).Split('\n')
                .Where(static line => line.Length > 0 && line[0] != '#')
                .Select(static line => line.Split(' '))
                .ToDictionary(static words => words[0], static words => double.Parse(words[1], CultureInfo.InvariantCulture));
            await Task.Delay(20);
        }

        return metrics;
    }

    private static double Sum(Dictionary<string, double> metrics, string name) =>
        metrics.Where(sample => sample.Key.StartsWith(name + "{", StringComparison.Ordinal)).Sum(static sample => sample.Value);

    [GeneratedRegex("^tallyman_events_lost_total\\{reason=\"(queue_full|nacked|spool_.+)\"\\}$")]
    private static partial Regex LostAfterwards();
}
