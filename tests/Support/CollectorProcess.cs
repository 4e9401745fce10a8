using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Tallyman.Tests.Support;

/// <summary>A collector that is a process of its own.</summary>
internal sealed class CollectorProcess : IDisposable
{
    private readonly string[] _arguments;
    private System.Diagnostics.Process _process;

    public CollectorProcess(params string[] store)
        : this(FreeAddress("http"), store)
    {
    }

    /// <param name="arguments">Its store, and its certificates for https.</param>
    public CollectorProcess(Uri address, params string[] arguments)
    {
        Address = address;
        _arguments = ["serve", "--listen", Address.OriginalString, .. arguments];
        _process = Start();
    }

    public Uri Address { get; }

    public double Megabytes => Status("VmRSS");

    public double MostMegabytes => Status("VmHWM");

    public TimeSpan Processor
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>SIGKILL: nothing is finished.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Restart()
    {
        Kill();
        StartAgain();
    }

    public void StartAgain()
    {
        _process.Dispose();
        _process = Start();
    }

    /// <summary>Where nobody listens yet.</summary>
    public static Uri FreeAddress(string scheme)
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return new Uri($"{scheme}://{probe.LocalEndpoint}");
    }

    /// <summary>SIGTERM, and its end.</summary>
    public int Stop()
    {
        Programs.Run("kill", _process.Id.ToString(CultureInfo.InvariantCulture));
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }

    private System.Diagnostics.Process Start()
    {
        var process = System.Diagnostics.Process.Start(new ProcessStartInfo(Programs.Collector, _arguments) { RedirectStandardError = true })!;
        var isListening = new TaskCompletionSource<bool>();
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data?.Contains("Listening", StringComparison.Ordinal) != false)
            {
                isListening.TrySetResult(line.Data is not null);
            }
            else
            {
                Print(line.Data);
            }
        };
        process.BeginErrorReadLine();
        return isListening.Task.GetAwaiter().GetResult()
            ? process
            : throw new InvalidOperationException($"{Programs.Collector} ends at once: is it that of this tree?");
    }

    /// <summary>Findings are what misbehaving agents are for.</summary>
    private static void Print(string? line)
    {
        if (line is not null && !line.Contains("Finding ", StringComparison.Ordinal))
        {
            Console.Error.WriteLine($"  collector: {line}");
        }
    }

    private double Status(string name) =>
        double.Parse(
            File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith(name, StringComparison.Ordinal)).Split((char[])[' ', '\t', ':'], StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture) / 1024;
}
