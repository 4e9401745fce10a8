using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>The built programs: a collector with its store and an agent that delivers to it, on this kernel.</summary>
internal sealed class RunningAgent : IDisposable
{
    private readonly ConcurrentQueue<string> _messages = [];
    private readonly ConcurrentQueue<JsonElement> _alerts = [];
    private readonly Uri _address;
    private readonly string[] _arguments;
    private readonly string[] _collectorArguments;
    private Process _collector;

    private RunningAgent(string scheme, Func<Uri, Uri> way, string data, string[] arguments, string[] collectorArguments)
    {
        Data = data;
        _address = new Uri($"{scheme}://127.0.0.1:{FreePort()}");
        _collectorArguments = collectorArguments;
        _arguments = ["run", "--print", "json", "--collector", way(_address).OriginalString, "--state", State, .. arguments];
        _collector = StartCollector();
        Agent = StartAgent();
    }

    public string Data { get; }

    public string State => System.IO.Path.Combine(Data, "agent");

    public Process Agent { get; private set; }

    /// <summary>What both said on stderr.</summary>
    public string Messages => string.Join('\n', _messages);

    public static RunningAgent Start(string data, params string[] arguments) => new("http", static collector => collector, data, arguments, []);

    /// <param name="way">Where the agent is to find the collector that is at this address.</param>
    public static RunningAgent StartThrough(Func<Uri, Uri> way, string data) => new("http", way, data, [], []);

    /// <param name="certificates">A directory with ca.pem, server.pem, server.key, agent.pem, agent.key.</param>
    public static RunningAgent StartWithTls(string data, string certificates)
    {
        string File(string name) => System.IO.Path.Combine(certificates, name);
        return new(
            "https", static collector => collector, data,
            ["--tls-cert", File("agent.pem"), "--tls-key", File("agent.key"), "--tls-ca", File("ca.pem")],
            ["--tls-cert", File("server.pem"), "--tls-key", File("server.key"), "--tls-client-ca", File("ca.pem")]);
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
        _collector.Kill();
        _collector.WaitForExit();
        _collector.Dispose();
        _collector = StartCollector();
    }

    /// <summary>Waits until nothing is left on the agent's disk for the collector.</summary>
    public void Deliver() => Until(
        () => Programs.Run(Programs.Agent, "spool", "inspect", "--state", State).Output.Contains(" 0 records, 0 KiB\n", StringComparison.Ordinal),
        "everything is delivered");

    /// <summary>Ends the agent as systemd would; everything that it saw is delivered then.</summary>
    public int Stop()
    {
        Programs.Run("sh", "-c", $"kill -TERM {Agent.Id}"); // a shell has it built in; the program is not on every machine
        Agent.WaitForExit();
        return Agent.ExitCode;
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
        Process collector = Start(Programs.Collector, ["serve", "--listen", _address.OriginalString, "--data", Data, .. _collectorArguments], _messages.Enqueue, _messages.Enqueue);
        Until(() => Count("Listening") > before, "the collector listens");
        return collector;
    }

    private Process StartAgent()
    {
        int before = Count("Watching");
        Process agent = Start(Programs.Agent, _arguments, Take, _messages.Enqueue);
        Until(() => Count("Watching") > before, "the agent watches");
        return agent;

        void Take(string line)
        {
            if (line.EndsWith('}')) // one that is killed may leave half a line
            {
                _alerts.Enqueue(JsonDocument.Parse(line).RootElement);
            }
        }
    }

    private int Count(string word) => _messages.Count(message => message.Contains(word, StringComparison.Ordinal));

    private static Process Start(string program, string[] arguments, Action<string> output, Action<string> error)
    {
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true },
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

    private void Until(Func<bool> condition, string what)
    {
        var patience = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(patience.Elapsed < TimeSpan.FromMinutes(2), $"not in two minutes: {what}\n{Messages}");
            Task.Delay(20).GetAwaiter().GetResult();
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
