using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>The built programs: a collector with its store and an agent that delivers to it, on this kernel.</summary>
internal sealed partial class RunningAgent : IDisposable
{
    private readonly ConcurrentQueue<string> _messages = [];
    private readonly ConcurrentQueue<JsonElement> _alerts = [];
    private readonly RunningAgentOptions _options;
    private readonly string[] _arguments;
    private Process _collector;

    private RunningAgent(RunningAgentOptions options)
    {
        _options = options;
        string[] collector = options.NamesCollector ? ["--collector", options.Way(options.Address).OriginalString] : [];
        _arguments = ["run", "--print", "json", .. collector, "--state", State, .. options.Arguments];
        _collector = StartCollector();
        Agent = StartAgent();
    }

    public string Data => _options.Data;

    public Uri Collector => _options.Address;

    public string State => System.IO.Path.Combine(Data, "agent");

    public Process Agent { get; private set; }

    /// <summary>What both said on stderr.</summary>
    public string Messages => string.Join('\n', _messages);

    public static RunningAgent Start(string data, params string[] arguments) => new(new RunningAgentOptions(data) { Arguments = arguments });

    public static RunningAgent Start(RunningAgentOptions options) => new(options);

    /// <param name="certificates">A directory with ca.pem, server.pem, server.key, agent.pem, agent.key.</param>
    public static RunningAgent StartWithTls(string data, string certificates)
    {
        string File(string name) => System.IO.Path.Combine(certificates, name);
        return new(new RunningAgentOptions(data)
        {
            Address = CollectorProcess.FreeAddress("https"),
            Arguments = ["--tls-cert", File("agent.pem"), "--tls-key", File("agent.key"), "--tls-ca", File("ca.pem")],
            CollectorArguments = ["--tls-cert", File("server.pem"), "--tls-key", File("server.key"), "--tls-client-ca", File("ca.pem")],
        });
    }

    /// <summary>The alert whose command line has this word; waits for it.</summary>
    public JsonElement AlertWith(string word)
    {
        JsonElement found = default;
        Until(
            () => _alerts.FirstOrDefault(alert => WordsOf(alert).Any(each => each.Contains(word, StringComparison.Ordinal))) is { ValueKind: JsonValueKind.Object } alert
                && (found = alert).ValueKind == JsonValueKind.Object,
            $"an alert with {word}");
        return found;
    }

    public JsonElement[] Alerts() => [.. _alerts];

    /// <summary>kill -9, and what the agent had on disk then; it is started again.</summary>
    public JsonElement[] CrashAgent()
    {
        Agent.Kill();
        Agent.WaitForExit();
        Agent.Dispose();
        Programs.Outcome spool = Programs.Run(Programs.Agent, "spool", "export", "--state", State);
        Assert.True(spool.ExitCode == 0, spool.Error);
        Agent = StartAgent();
        return LinesOf(spool.Output);
    }

    public void CrashCollector()
    {
        KillCollector();
        _collector.Dispose();
        _collector = StartCollector();
    }

    public void KillCollector()
    {
        _collector.Kill();
        _collector.WaitForExit();
    }

    /// <summary>It answers no more, and its connections stay.</summary>
    public void FreezeCollector() => Programs.Run("sh", "-c", $"kill -STOP {_collector.Id}");

    public void Signal(string signal) => Programs.Run("sh", "-c", $"kill -{signal} {Agent.Id}"); // a shell has it built in; the program is not on every machine

    /// <summary>Waits until nothing is left on the agent's disk for the collector.</summary>
    public void Deliver() => Until(
        () => Programs.Run(Programs.Agent, "spool", "inspect", "--state", State).Output.Contains(" 0 records, 0 KiB\n", StringComparison.Ordinal),
        "everything is delivered");

    /// <summary>Ends the agent as systemd would; everything that it saw is delivered then.</summary>
    public int Stop()
    {
        Signal("TERM");
        Agent.WaitForExit();
        return Agent.ExitCode;
    }

    /// <summary>The counters that the agent names when it ends.</summary>
    public Dictionary<string, ulong> Counters()
    {
        string last = _messages.Last(static line => line.Contains("Stopped: ", StringComparison.Ordinal));
        return CounterPattern().Matches(last).ToDictionary(static match => match.Groups[1].Value, static match => ulong.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));
    }

    /// <summary>The law of conservation, when the agent has ended: docs/operations.md.</summary>
    public Dictionary<string, ulong> AssertEverythingIsAccountedFor()
    {
        Dictionary<string, ulong> counters = Counters();
        ulong Sum(params string[] names) => names.Aggregate(0ul, (sum, name) => sum + counters.GetValueOrDefault(name));
        Assert.Equal(Sum("kernel_seen"), Sum("kernel_ignored", "kernel_sent_watched", "kernel_sent_unknown", "kernel_lost_watched", "kernel_lost_unknown"));
        Assert.Equal(
            Sum("events_watched", "unknown_tools", "events_at_start", "alerts_carried_over"),
            Sum(
                "acknowledged_alerts", "suppressed", "excepted", "not_interesting", "pending_alerts",
                "lost_queue_full", "lost_spool_evicted", "lost_spool_write_failed", "lost_spool_corrupt", "lost_nacked"));
        Assert.Equal(0ul, Sum("unaccounted"));
        return counters;
    }

    /// <summary>What the collector has stored.</summary>
    public JsonElement[] Stored()
    {
        Programs.Outcome export = Programs.Run(Programs.Collector, "export", "--data", Data);
        Assert.True(export.ExitCode == 0, export.Error);
        return LinesOf(export.Output);
    }

    public void Dispose()
    {
        foreach (Process process in new[] { Agent, _collector })
        {
            if (!process.HasExited)
            {
                process.Kill();
                process.WaitForExit();
            }

            process.Dispose();
        }
    }

    internal static string[] WordsOf(JsonElement alert) => [.. alert.GetProperty("argv").EnumerateArray().Select(static word => word.GetString()!)];

    private static JsonElement[] LinesOf(string output) =>
        [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement)];

    private Process StartCollector()
    {
        int before = Count("Listening");
        Process collector = Start(
            [.. _options.CollectorWithin, Programs.Collector, "serve", "--listen", _options.Address.OriginalString, "--data", Data, .. _options.CollectorArguments], _messages.Enqueue, _messages.Enqueue);
        Until(() => Count("Listening") > before, "the collector listens");
        return collector;
    }

    private Process StartAgent()
    {
        int before = Count("Watching");
        Process agent = Start([.. _options.Within, _options.Program, .. _arguments], Take, _messages.Enqueue);
        Until(() => Count("Watching") > before || agent.HasExited, "the agent watches");
        Assert.False(agent.HasExited, Messages);
        return agent;

        void Take(string line)
        {
            if (line.EndsWith('}')) // one that is killed may leave half a line
            {
                _alerts.Enqueue(JsonDocument.Parse(line).RootElement);
            }
        }
    }

    private int Count(string word) => _messages
        .Where(message => message.Contains(word, StringComparison.Ordinal))
        .Sum(static message => NotSaidPattern().Match(message) is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 1);

    private static Process Start(string[] words, Action<string> output, Action<string> error)
    {
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(words[0], words[1..]) { RedirectStandardOutput = true, RedirectStandardError = true },
        };
        process.OutputDataReceived += (_, line) => Take(line.Data, output);
        process.ErrorDataReceived += (_, line) => Take(line.Data, error);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;

        static void Take(string? line, Action<string> taker)
        {
            if (line is not null)
            {
                taker(line);
            }
        }
    }

    /// <param name="times">How often since the beginning.</param>
    public void UntilItSays(string text, int times) => Until(() => Count(text) >= times, $"{times} times: {text}");

    public void Until(Func<bool> condition, string what)
    {
        var patience = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(patience.Elapsed < TimeSpan.FromMinutes(2), $"not in two minutes: {what}\n{Messages}");
            Task.Delay(20).GetAwaiter().GetResult();
        }
    }

    [GeneratedRegex("\\(and ([0-9]+) times more\\)$")]
    private static partial Regex NotSaidPattern();

    [GeneratedRegex("([a-z_]+) ([0-9]+)")]
    private static partial Regex CounterPattern();
}
