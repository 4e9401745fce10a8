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
    private readonly Process _collector;
    private readonly ConcurrentQueue<string> _messages = [];
    private readonly ConcurrentQueue<JsonElement> _alerts = [];

    private RunningAgent(Func<Uri, Uri> way, string data, string[] arguments)
    {
        Data = data;
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        _collector = Start(Programs.Collector, ["serve", "--listen", address.OriginalString, "--data", data], _messages.Enqueue, _messages.Enqueue);
        Until(() => _messages.Any(static message => message.Contains("Listening", StringComparison.Ordinal)), "the collector listens");
        Agent = Start(
            Programs.Agent,
            ["run", "--print", "json", "--collector", way(address).OriginalString, "--state", System.IO.Path.Combine(data, "agent"), .. arguments],
            line => _alerts.Enqueue(JsonDocument.Parse(line).RootElement),
            _messages.Enqueue);
        Until(() => _messages.Any(static message => message.Contains("Watching", StringComparison.Ordinal)), "the agent watches");
    }

    public string Data { get; }

    public Process Agent { get; }

    /// <summary>What both said on stderr.</summary>
    public string Messages => string.Join('\n', _messages);

    public static RunningAgent Start(string data, params string[] arguments) => new(static collector => collector, data, arguments);

    /// <param name="way">Where the agent is to find the collector that is at this address.</param>
    public static RunningAgent StartThrough(Func<Uri, Uri> way, string data) => new(way, data, []);

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
        return [.. export.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement)];
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
